// How much one connection may have under way, as hello has said: beyond it the daemon only answers `busy`.

/** @typedef {{ size: number, isInside: boolean, go: () => void }} Place */

/** A request of up to so many bytes waits for no large one. */
const SMALL_BYTES = 64 * 1024;

export class Room {
  #count = 0;
  #largeBytes = 0;
  /** @type {Place[]} */
  #waiting = [];

  /** @param {Record<string, number>} limits those of the daemon's Welcome; an older one may not have them */
  constructor({ requests_in_flight: requests = 64, request_bytes_in_flight: bytes = 8 * 1024 * 1024 }) {
    this.requests = requests;
    this.bytes = bytes;
  }

  /** Calls `go` when there is room for so many bytes, at once if there is now. Gives what is to be called at the end,
   * whether it came to that or not. @param {number} size @param {() => void} go */
  enter(size, go) {
    const place = { size: size > SMALL_BYTES ? size : 0, isInside: false, go };
    this.#waiting.push(place);
    this.#admit();
    return () => {
      this.#waiting = this.#waiting.filter((each) => each !== place);
      if (place.isInside) {
        this.#count -= 1;
        this.#largeBytes -= place.size;
      }
      this.#admit();
    };
  }

  #admit() {
    for (let place = this.#next(); place; place = this.#next()) {
      this.#waiting.splice(this.#waiting.indexOf(place), 1);
      this.#count += 1;
      this.#largeBytes += place.size;
      place.isInside = true;
      place.go();
    }
  }

  #next() {
    if (this.#count >= this.requests) return undefined;
    return this.#waiting.find(({ size }) => {
      return size === 0 || this.#largeBytes === 0 || this.#largeBytes + size <= this.bytes;
    });
  }
}

// Waiting that ends. Times are milliseconds of performance.now(), which no change of the clock moves.

/** No answer in time. */
export class Silent extends Error {}

export const now = () => performance.now();

/** @param {number} milliseconds @returns {Promise<void>} */
export const pause = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));

/** What the promise gives, or Silent where it has not by `until`. `given` is called with a way to end the wait earlier,
 * and gives one to forget that. @template T @param {PromiseLike<T>} promise @param {number} until
 * @param {(end: (problem: Error) => void) => () => void} [given] @returns {Promise<T>} */
export function within(promise, until, given) {
  return new Promise((resolve, reject) => {
    /** @param {() => void} settle */
    const settled = (settle) => {
      clearTimeout(timer);
      forget?.();
      settle();
    };
    /** @param {unknown} problem */
    const end = (problem) => settled(() => reject(problem));
    const timer = until === Infinity ? undefined : setTimeout(() => end(new Silent()), Math.max(0, until - now()));
    const forget = given?.(end);
    promise.then((value) => settled(() => resolve(value)), end);
  });
}

/** Ends a wait when the signal does, with its reason; for `within`. @param {AbortSignal} signal
 * @returns {(end: (problem: any) => void) => () => void} */
export const endsWith = (signal) => (end) => {
  const abort = () => end(signal.reason);
  signal.addEventListener('abort', abort);
  return () => signal.removeEventListener('abort', abort);
};

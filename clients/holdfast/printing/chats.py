"""AiderDesk's chats as they are printed: bubbles, some at a time."""

from __future__ import annotations

from collections.abc import Sequence

from holdfast.looking import bubbles as chat
from holdfast.looking.chats import MESSAGE_BYTES, Told, told_of
from holdfast.looking.pictures import picture_of
from holdfast.plans import Plan
from holdfast.printing.blocks import Block, Bubble, Code, Folded, Picture, Remark, Words
from holdfast.printing.reading import Parts, Tally
from holdfast_protocol.model import PartRow, Ref

#: A tool's answer comes a few messages behind its call; so many of the last ones wait for it.
_WAITING_COUNT = 10


class Chat:
    """``full``: with thoughts, and with what tools were asked and gave."""

    def __init__(self, snapshot: Ref, parts: Sequence[PartRow], tally: Tally, *, full: bool) -> None:
        self._full = full
        self._messages = Parts(snapshot, [part for part in parts if part.kind == "message"], MESSAGE_BYTES, tally)
        self._files = [part for part in parts if part.kind == "file"]
        self._waiting: list[Told] = []
        self._pictures: dict[str, bytes] = {}

    def next(self) -> Plan[list[Block]]:
        """The next bubbles."""
        found: list[Block] = []
        if self._files:
            names = "\n".join(part.name for part in self._files)
            found.append(Folded(f"{len(self._files)} context file{'s'[: len(self._files) > 1]}", [Code(names)]))
            self._files = []
        while not found and (self._waiting or not self._messages.is_done):
            read = yield from self._messages.next()
            self._pictures.update({each.part.key: each.content for each in read if each.is_whole})
            told = [*self._waiting, *(told_of(each.part, each.content, is_whole=each.is_whole) for each in read)]
            self._waiting = self._open(told) if not self._messages.is_done else []
            ready = told[: len(told) - len(self._waiting)]
            found += [self._bubble(each) for each in chat.bubbles_of(ready)]
            kept = {each.part.key for each in self._waiting}
            self._pictures = {key: content for key, content in self._pictures.items() if key in kept}
        return found

    def _open(self, told: Sequence[Told]) -> list[Told]:
        """The last ones, from a call on that is not answered yet."""
        given = {result.id for each in told if each.message for result in each.message.tool_results}
        for place in range(max(0, len(told) - _WAITING_COUNT), len(told)):
            message = told[place].message
            if message and any(call.id not in given for call in message.tool_calls):
                return [*told[place:]]
        return []

    def _bubble(self, said: chat.Bubble) -> Block:
        inside: list[Block] = []
        if said.raw is not None:
            inside.append(Code(said.raw.text, said.raw.language))
        if said.thought and self._full:
            inside.append(Folded("Thought", [Words(said.thought)]))
        if said.words:
            inside.append(Words(said.words))
        inside += self._drawn(said.pictures)
        inside += [Remark(f"Attached: {name}") for name in said.attached]
        inside += [self._call(call) for call in said.calls]
        return Bubble(said.role, said.speaker, inside)

    def _call(self, call: chat.Call) -> Block:
        state = " · failed" if call.failed else " · no answer" if call.gave is None else ""
        inside: list[Block] = []
        if self._full:
            inside += [Code(call.asked.text, call.asked.language)] if call.asked else []
            inside += [Remark("gave"), Code(call.gave.text, call.gave.language)] if call.gave else []
        return Folded(f"{call.name}{state}", [*inside, *self._drawn(call.pictures)], call.failed)

    def _drawn(self, pictures: Sequence[chat.Picture]) -> list[Block]:
        found: list[Block] = []
        for each in pictures:
            picture = picture_of(self._pictures.get(each.key, b""), each.number)
            if picture is not None:
                found.append(Picture(picture[1], picture[0], f"Picture {each.number + 1} of the message"))
        return found

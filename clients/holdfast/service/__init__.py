"""``holdfast service``: who starts the daemon and watches it. systemd, a user's own or the machine's; launchd on macOS.

Elsewhere ``holdfastd`` is started by the first client, or by hand.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import Protocol

from holdfast.service.systemd import ServiceState

__all__ = ["Service", "ServiceState", "service_of"]


class Service(Protocol):
    """One that can be put in place."""

    @property
    def is_installed(self) -> bool:
        """Whether it is."""

    def install(self) -> list[str]:
        """It is; what was done, in lines for people."""

    def uninstall(self) -> list[str]:
        """It is not any more; sessions and their history stay."""

    def state(self) -> ServiceState:
        """What the system says of it."""


def service_of(environment: Mapping[str, str], shared: str | None, folders: Sequence[str] = ()) -> Service:
    """The user's own, or that of the shared store of this name, with the ``folders`` that it may use besides its own.
    Raises BadName."""
    if shared is not None:
        from holdfast.service.shared import SharedService

        return SharedService(shared, folders)
    if sys.platform == "darwin":
        from holdfast.service.launchd import LaunchdService

        return LaunchdService(environment)
    from holdfast.service.user import UserService

    return UserService(environment)

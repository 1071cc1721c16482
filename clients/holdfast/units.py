"""What systemd says is wrong with the user's own units: masked, not to be read, or failed and for which reason."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping

SOCKET_UNIT, SERVICE_UNIT = "holdfast.socket", "holdfast.service"
#: What names other places than those that the units serve.
PLACES = ("HOLDFAST_HOME", "HOLDFAST_STORE", "HOLDFAST_SESSIONS", "HOLDFAST_SOCKET", "HOLDFAST_CONFIG")
ANSWER_SECONDS = 3.0
#: What systemd itself could not do (systemd.exec(5), process exit codes).
NO_PROGRAM = "203"
INSTALL = "holdfast service install"
ANEW = "systemctl --user reset-failed 'holdfast.*'; systemctl --user start holdfast.service"


def unit_folder(environment: Mapping[str, str]) -> str:
    """Where a user's own units lie (systemd.unit(5)), without ``HOME`` too, as in cron."""
    named = environment.get("XDG_CONFIG_HOME", "")
    if not os.path.isabs(named):  # a relative one is to be ignored (XDG base directory specification)
        named = os.path.join(environment.get("HOME") or os.path.expanduser("~"), ".config")
    return os.path.join(named, "systemd", "user")


def trouble() -> tuple[str, str] | None:
    """The sentence, and what mends it; None where both units are well, or there is nobody to ask."""
    service, socket = shown(SERVICE_UNIT), shown(SOCKET_UNIT)
    for unit, state in ((SERVICE_UNIT, service), (SOCKET_UNIT, socket)):
        if state.get("LoadState") == "masked":
            return f"systemd's unit {unit} is masked: it starts nothing", f"systemctl --user unmask {unit}; {INSTALL}"
        if state.get("LoadState") in ("bad-setting", "error"):
            why = state.get("LoadError", "").split('"')[1:2] or ["see systemd-analyze --user verify"]
            return f"systemd cannot use its unit {unit}: {why[0]}", INSTALL
        if state.get("NeedDaemonReload") == "yes":
            return f"systemd has not read its unit {unit} as it is now", "systemctl --user daemon-reload"
    if service.get("LoadState") == "not-found":
        return f"its socket's unit is there, and {SERVICE_UNIT} is not", INSTALL
    waits = service.get("SubState") == "auto-restart" and service.get("ExecMainStatus", "0") != "0"
    if waits or service.get("ActiveState") == "failed":
        return _failed(service)
    if socket.get("ActiveState") == "failed":
        return f"systemd's unit {SOCKET_UNIT} has failed ({socket.get('Result', '')})", ANEW
    return None


def shown(unit: str) -> dict[str, str]:
    """How a unit is; nothing where there is no systemd of this user, or it does not answer."""
    systemctl = shutil.which("systemctl")
    if systemctl is None:
        return {}
    names = "LoadState,LoadError,ActiveState,SubState,Result,StatusText,ExecMainStatus,ExecMainCode,NeedDaemonReload"
    words = [systemctl, "--user", "show", unit, f"--property={names}"]
    try:
        done = subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, timeout=ANSWER_SECONDS)
    except (OSError, subprocess.TimeoutExpired):
        return {}
    lines = done.stdout.decode(errors="replace").split("\n")
    return dict(line.split("=", 1) for line in lines if "=" in line)


def _failed(service: dict[str, str]) -> tuple[str, str]:
    """By its last words, which say what mends it; else by how it ended."""
    said = service.get("StatusText", "")
    status, result = service.get("ExecMainStatus", ""), service.get("Result", "")
    if status == NO_PROGRAM:
        return f"systemd's unit {SERVICE_UNIT} starts a program that is not there, or cannot be run", INSTALL
    if result == "exit-code" and said:
        why, _, mend = said.partition("; mend it with: ")
        return f"systemd's unit {SERVICE_UNIT} has failed: {why}", mend
    return f"systemd's unit {SERVICE_UNIT} has failed ({result} {status})", ANEW

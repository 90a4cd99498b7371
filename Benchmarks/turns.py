"""Runs programs in turn, a slice of time each, so that a slow second of the machine hits all alike. No script: others import it.

Each program has the whole machine in its turn: the others, with all processes that they started, are stopped meanwhile
(SIGSTOP). A program's time is the sum of its turns, without the moments in which one is stopped and the next one is woken. Clocks
inside of programs go on while they are stopped, so that what they print of their time is of no use; `active` says how much of
an interval a program had.
"""

import os
import pathlib
import select
import signal
import subprocess
import tempfile
import threading
import time


class Failed(Exception):
    """A program that did not end well; its last words."""


def children_of_all() -> dict[int, list[int]]:
    """Every process's children."""
    found: dict[int, list[int]] = {}
    for entry in pathlib.Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue  # it ended meanwhile
            found.setdefault(int(fields[1]), []).append(int(entry.name))
    return found


class Program:
    """A program that takes its turns; started in the first one. A server of its own goes on and stands still with it."""

    def __init__(self, command: list[str], environment: dict[str, str] | None = None, server: int | None = None):
        self.command, self.environment, self.server = command, environment, server
        self.process: subprocess.Popen | None = None
        self.errors = tempfile.TemporaryFile("w+")
        self.lines: list[tuple[float, str]] = []
        self.turns: list[tuple[float, float]] = []
        # Processes that it started and that left its group, as daemons do.
        self.strays: set[int] = set()
        self.ended = 0.0

    @property
    def is_done(self) -> bool:
        return self.ended > 0

    def start(self) -> None:
        # Python keeps lines to itself otherwise, so that their time would be unknown.
        environment = (self.environment or dict(os.environ)) | {"PYTHONUNBUFFERED": "1"}
        self.process = subprocess.Popen(self.command, stdout=subprocess.PIPE, stderr=self.errors, text=True, env=environment,
                                        start_new_session=True)
        self.exit = os.pidfd_open(self.process.pid)
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def read(self) -> None:
        for line in self.process.stdout:
            self.lines.append((time.perf_counter(), line))

    def signal_group(self, number: int) -> None:
        for send, process in [(os.killpg, self.process.pid), *((os.kill, stray) for stray in self.strays)]:
            try:
                send(process, number)
            except ProcessLookupError:
                pass

    def signal_server(self, number: int) -> None:
        if self.server is not None:
            os.kill(self.server, number)

    def end(self, number: int) -> None:
        """Stops or kills the program and everything that it started; those that appear meanwhile get the signal too."""
        self.signal_group(number)
        reached, waiting = set(), {self.process.pid}
        while waiting:
            reached |= waiting
            known = children_of_all()
            waiting = {child for parent in reached for child in known.get(parent, [])} - reached
            for process in waiting:
                try:
                    if os.getpgid(process) != self.process.pid:
                        self.strays.add(process)
                        os.kill(process, number)
                except ProcessLookupError:
                    pass

    def take_turn(self, seconds: float, alone: bool) -> None:
        """Goes on for so long, or until it ends; is stopped after it unless it is the only one left."""
        self.signal_server(signal.SIGCONT)
        begin = time.perf_counter()
        if self.process is None:
            self.start()
        else:
            self.signal_group(signal.SIGCONT)
        # Popen.wait looks every 50 ms, which a program of two seconds would pay for.
        has_ended, _, _ = select.select([self.exit], [], [], seconds)
        self.turns.append((begin, time.perf_counter()))
        if has_ended:
            self.process.wait()
            self.reader.join()
            self.ended = self.turns[-1][1]
        if not self.is_done and not alone:
            self.end(signal.SIGSTOP)
            self.signal_server(signal.SIGSTOP)

    def active(self, begin: float, end: float) -> float:
        """Seconds of its own turns between two times of `time.perf_counter`."""
        return sum(max(0.0, min(end, last) - max(begin, first)) for first, last in self.turns)

    def active_in_all(self) -> float:
        return self.active(0, float("inf"))

    def text(self) -> str:
        """What it printed; Failed unless it ended well."""
        text = "".join(line for _, line in self.lines)
        if self.process.returncode != 0:
            self.errors.seek(0)
            raise Failed(f"{' '.join(self.command)}\nended with {self.process.returncode}:\n{text[-2000:]}{self.errors.read()[-2000:]}")
        return text

    def close(self) -> None:
        if self.process is not None and not self.is_done:
            self.end(signal.SIGKILL)
            self.process.wait()
            self.signal_server(signal.SIGCONT)
        if self.process is not None and self.exit >= 0:
            os.close(self.exit)
            self.exit = -1
        self.errors.close()


def run(programs: list[Program], seconds: float, limit: float = 1800) -> None:
    """Lets all run to their end, in turns of so many seconds, with 0 one after the other; they are to be closed afterwards.

    Whatever ends this early, ctrl-C among it, ends the programs too: a stopped one would stay for ever.
    """
    try:
        if seconds > 0:
            take_turns(programs, seconds, limit)
        else:
            for program in programs:
                take_turns([program], limit, limit)
    except BaseException:
        for program in programs:
            program.close()
        raise


def run_alone(command: list[str]) -> Program:
    """A program that ran by itself and ended well."""
    program = Program(command)
    run([program], 0)
    program.text()
    program.close()
    return program


def take_turns(programs: list[Program], seconds: float, limit: float) -> None:
    begin = time.perf_counter()
    while left := [program for program in programs if not program.is_done]:
        for program in left:
            program.take_turn(seconds, alone=len(left) == 1)
        if time.perf_counter() - begin > limit:
            raise Failed(f"{len(left)} programs did not end within {limit:.0f} seconds: {' | '.join(' '.join(one.command) for one in left)}")

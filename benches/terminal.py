# /// script
# requires-python = ">=3.10"
# dependencies = ["pyte"]
# ///
"""Measures the app in a pseudo-terminal, beside btop and bottom where those are installed.

    cargo build --release
    uv run benches/terminal.py --store FOLDER [--bill FILE] [--sync CONFIG] [--runs 9]

FOLDER is a store to look at (10 M charges for README's figures; benches/compare.py makes such a bill);
it is only read, apart from what opening it writes. With --bill, keys are timed again while another
process imports that file into a store that the app shows (a copy: FOLDER is not changed). With --sync,
keys are timed while the app itself syncs the connections of that config, into a copy too.

Every program runs alone in a fresh pseudo-terminal of 160x48, in turns, so that what else the
machine does hits all alike. What is written is stamped as it is read and replayed afterwards:

    first frame   from exec to the end of the write after which at least half of the cells are
                  there that are there when nothing more comes; the same for every program
    figures       from exec to the write that shows the month's total (spendtop only)
    idle          20 s without a key, 3 s after the last that was drawn: bytes, wake-ups (context
                  switches of all threads of the process and of all that it started), CPU
    asleep        from a key that asks, 3 s after the last, to the last write that it caused
    move, tab     bytes written for one key: a row down in Breakdown, the other tab
    key to paint  from a key's write to the end of the frame that it caused
    resident      VmRSS of the process and of all that it started: while idle, and as soon as it has
                  shown both tabs
"""

import argparse
import fcntl
import math
import os
import pty
import re
import select
import shutil
import signal
import statistics
import struct
import subprocess
import tempfile
import termios
import time
from pathlib import Path

COLUMNS, ROWS = 160, 48
QUIET = 0.3
# Until the process that answered has ended for want of questions.
SETTLING = 3.0
FRAME_END = b"\x1b[?2026l"
# What a terminal answers, so that nobody waits for a time-out.
ANSWERS = [
    (rb"\x1b\[0?c", b"\x1b[?62;22c"),
    (rb"\x1b\[>0?c", b"\x1b[>1;3600;0c"),
    (rb"\x1b\[6n", b"\x1b[1;1R"),
    (rb"\x1b\]11;\?(?:\x07|\x1b\\)", b"\x1b]11;rgb:0000/0000/0000\x1b\\"),
    (rb"\x1b\[\?u", b"\x1b[?0u"),
    (rb"\x1b\[\?2026\$p", b"\x1b[?2026;2$y"),
]


class Terminal:
    """A program in a pseudo-terminal, and everything that it wrote with the moment of each write."""

    def __init__(self, command, environment=None):
        self.began = time.perf_counter()
        self.writes = []
        self.open = True
        self.seen = b""
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
            os.environ.update(TERM="xterm-256color", COLORTERM="truecolor", LANG="C.UTF-8", LC_ALL="C.UTF-8")
            os.environ.update(environment or {})
            os.execvp(command[0], [str(word) for word in command])

    def read(self, seconds):
        """Reads for so long at most; returns what came in the next write, or nothing."""
        ready, _, _ = select.select([self.fd], [], [], max(0.0, seconds))
        if not ready:
            return b""
        try:
            data = os.read(self.fd, 1 << 16)
        except OSError:
            data = b""
        if not data:
            self.open = False
            return b""
        self.writes.append((time.perf_counter() - self.began, data))
        fresh = self.seen[-32:] + data
        for query, answer in ANSWERS:
            if any(m.end() > len(self.seen[-32:]) for m in re.finditer(query, fresh)):
                os.write(self.fd, answer)
        self.seen = fresh
        return data

    def until_quiet(self, gap=QUIET, limit=60.0):
        end = time.perf_counter() + limit
        while self.open and time.perf_counter() < end and (self.read(gap) or not self.writes):
            pass

    def collect(self, seconds):
        end = time.perf_counter() + seconds
        total = b""
        while self.open and (left := end - time.perf_counter()) > 0:
            total += self.read(left)
        return total

    def press(self, keys, gap=QUIET):
        """Presses keys; returns what was written until nothing more came."""
        os.write(self.fd, keys)
        total = b""
        while self.open and (data := self.read(gap)):
            total += data
        return total

    def timed(self, keys, limit=2.0):
        """Milliseconds from a key to the end of the frame that it caused."""
        began = time.perf_counter()
        os.write(self.fd, keys)
        total = b""
        while self.open and FRAME_END not in total and time.perf_counter() - began < limit:
            total += self.read(limit - (time.perf_counter() - began))
        return (time.perf_counter() - began) * 1e3

    def close(self, keys=b"q"):
        if self.open:
            self.press(keys)
        for number in (signal.SIGTERM, signal.SIGKILL):
            if os.waitpid(self.pid, os.WNOHANG)[0]:
                break
            os.kill(self.pid, number)
            time.sleep(0.2)
        os.close(self.fd)


def screens(terminal):
    """The screen after each write: its moment, its cells that are not blank, its text."""
    import pyte

    screen = pyte.Screen(COLUMNS, ROWS)
    stream = pyte.ByteStream(screen)
    # What pyte would show as text: private modes and queries that it does not know.
    unknown = re.compile(rb"\x1b\[[>=<?][0-9;]*[uqmptn]|\x1bP.*?\x1b\\|\x1b\[\?[0-9;]*\$p", re.S)
    for moment, data in terminal.writes:
        stream.feed(unknown.sub(b"", data))
        text = "\n".join(screen.display)
        yield moment, sum(not c.isspace() for c in text), text


def starts(terminal, wanted=None):
    """Milliseconds to the first frame, and to the first screen that has `wanted`."""
    shown = list(screens(terminal))
    whole = shown[-1][1]
    frame = next(moment for moment, cells, _ in shown if cells >= whole / 2 and cells > 20)
    found = next((moment for moment, _, text in shown if wanted and wanted in text), None)
    return frame * 1e3, found and found * 1e3


def threads(pid):
    return [Path(f"/proc/{pid}/task/{task}") for task in os.listdir(f"/proc/{pid}/task")]


def family(pid):
    """A process and all that it started, and they in turn."""
    members = [pid]
    for member in members:
        for task in threads(member):
            members.extend(int(child) for child in (task / "children").read_text().split())
    return members


def wakeups(pid):
    """Context switches by thread, of a process and all that it started."""
    tasks = [task for member in family(pid) for task in threads(member)]
    lines = {task: (task / "status").read_text().splitlines() for task in tasks}
    return {task: sum(int(line.split()[1]) for line in said if "ctxt_switches" in line) for task, said in lines.items()}


def cpu_seconds(pid):
    tasks = (task for member in family(pid) for task in threads(member))
    return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks) / 1e9


def resident_megabytes(pid):
    said = (Path(f"/proc/{member}/status").read_text() for member in family(pid))
    return sum(int(re.search(r"VmRSS:\s+(\d+)", status)[1]) for status in said) / 1e3


def idle(terminal, seconds):
    terminal.collect(SETTLING)
    before = wakeups(terminal.pid), cpu_seconds(terminal.pid)
    written = terminal.collect(seconds)
    after = wakeups(terminal.pid), cpu_seconds(terminal.pid)
    # What has ended meanwhile is not counted; what began meanwhile is, whole.
    woken = sum(count - before[0].get(task, 0) for task, count in after[0].items())
    return len(written) / seconds, woken / seconds, (after[1] - before[1]) / seconds * 100


def asleep(terminal):
    """Milliseconds from a key that asks, once nobody has the store open, to the last that is drawn for it."""
    times = []
    for key in (b"]", b"[", b"]", b"["):
        terminal.collect(SETTLING)
        began = time.perf_counter()
        os.write(terminal.fd, key)
        last = began
        while terminal.open and terminal.read(0.5):
            last = time.perf_counter()
        times.append((last - began) * 1e3)
    return statistics.median(times), max(times)


def latencies(terminal, count):
    """Keys of all kinds, about twenty a second: rows, days, tabs; each changes what is shown."""
    keys = [b"j", b"k", b"j", b"k", b"1", b"h", b"l", b"h", b"l", b"2"]
    terminal.press(b"2")
    times = []
    for at in range(count):
        times.append(terminal.timed(keys[at % len(keys)]))
        terminal.collect(0.05)
    times.sort()
    # The least time that 99 of 100 keys do not exceed.
    return statistics.median(times), times[math.ceil(len(times) * 0.99) - 1]


def month_total(command):
    """The month's total as the app shows it: with two decimals, thousands apart."""
    import json

    out = subprocess.run([command[0], "spend", *command[1:], "--format", "json"], capture_output=True, check=True)
    answer = json.loads(out.stdout)
    answer = answer[0] if isinstance(answer, list) else answer
    return f"{float(answer['month_to_date']['amount']):,.2f}"


def measure_app(command, seconds):
    terminal = Terminal(command)
    terminal.until_quiet()
    result = {"idle": idle(terminal, seconds), "resident, idle": resident_megabytes(terminal.pid)}
    result["asleep"] = asleep(terminal)
    terminal.press(b"2")
    terminal.press(b"g")
    # Down and up: at the last row a key that goes down moves nothing.
    result["move"] = [len(terminal.press(key)) for key in [b"j", b"k"] * 6]
    terminal.press(b"gd")
    terminal.collect(1.0)
    result["move, detail open"] = [len(terminal.press(key, 1.0)) for key in [b"j", b"k"] * 3]
    terminal.press(b"d")
    result["tab"] = [len(terminal.press(key)) for key in (b"1", b"2", b"1", b"2")]
    result["key"] = latencies(terminal, 300)
    result["resident"] = resident_megabytes(terminal.pid)
    terminal.close()
    return result


def measure_import(command, store, bill):
    """Keys while another process imports into the store that is shown."""
    # Until the process that answered last has gone, with its socket.
    time.sleep(SETTLING)
    with tempfile.TemporaryDirectory(dir=Path(store).parent) as folder:
        copy = Path(folder) / "store"
        shutil.copytree(store, copy)
        command = [str(copy) if word == store else word for word in command]
        terminal = Terminal(command)
        terminal.until_quiet()
        reading = [command[0], "import", bill, "--data-dir", copy, "--source", "second"]
        # In a session of its own, as in another terminal: Linux shares processors between sessions.
        importing = subprocess.Popen(
            reading, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
        )
        time.sleep(1.0)
        times = latencies(terminal, 300)
        running = importing.poll() is None
        terminal.close()
        importing.wait()
        if not running:
            print("! the import ended before the keys did: give a larger --bill")
        return times


def measure_sync(command, store, config):
    """Keys while the app brings what the connections of a config charged, into the store that is shown."""
    time.sleep(SETTLING)
    with tempfile.TemporaryDirectory(dir=Path(store).parent) as folder:
        copy = Path(folder) / "store"
        shutil.copytree(store, copy)
        command = [str(copy) if word == store else word for word in command] + ["--config", config]
        terminal = Terminal(command)
        terminal.until_quiet(limit=3.0)
        terminal.collect(SETTLING)
        times = latencies(terminal, 300)
        # Asked of the program itself: what has come, and whether something still does.
        told = subprocess.run([*command, "sync", "--status"], capture_output=True, text=True)
        terminal.close()
        print(told.stdout)
        return times


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--program", default="target/release/spendtop")
    arguments.add_argument("--store", required=True)
    arguments.add_argument("--bill")
    arguments.add_argument("--sync", metavar="CONFIG")
    arguments.add_argument("--as-of", help="the day to take for today: the store's last, where it is an old one")
    arguments.add_argument("--runs", type=int, default=9)
    arguments.add_argument("--idle", type=float, default=20.0)
    arguments.add_argument("--bottom", default="btm")
    given = arguments.parse_args()
    command = [given.program, "--data-dir", given.store, *(["--as-of", given.as_of] if given.as_of else [])]
    total = month_total(command)
    # Opened and left once, as a store that is in use has been: the front page is there. At the first
    # tab, where the next begins.
    first = Terminal(command)
    first.until_quiet()
    first.press(b"1")
    first.close()
    programs = {"spendtop": command, "btop": ["btop"], "bottom": [given.bottom]}
    programs = {name: words for name, words in programs.items() if shutil.which(words[0])}
    frames = {name: [] for name in programs}
    figures = []
    for _ in range(given.runs):
        for name, words in programs.items():
            terminal = Terminal(words)
            terminal.until_quiet(limit=3.0)
            frame, found = starts(terminal, total if name == "spendtop" else None)
            frames[name].append(frame)
            figures.extend([found] if found else [])
            terminal.close()
    print("| program | first frame, ms (least / median) |\n|---|---|")
    for name, times in frames.items():
        print(f"| {name} | {min(times):.0f} / {statistics.median(times):.0f} |")
    print(f"| spendtop, the month's total on it | {min(figures):.0f} / {statistics.median(figures):.0f} |")
    result = measure_app(command, given.idle)
    written, woken, cpu = result["idle"]
    print(f"\n| idle | {written:.1f} bytes/s, {woken:.2f} wake-ups/s, {cpu:.3f} % CPU |\n|---|---|")
    for what in ("move", "move, detail open", "tab"):
        print(f"| {what}, bytes (median / most) | {statistics.median(result[what]):.0f} / {max(result[what])} |")
    print("| the answer after a sleep, ms (median / most) | {:.0f} / {:.0f} |".format(*result["asleep"]))
    print("| key to paint, ms (median / p99) | {:.1f} / {:.1f} |".format(*result["key"]))
    if given.bill:
        times = measure_import(command, given.store, given.bill)
        print("| the same while an import runs | {:.1f} / {:.1f} |".format(*times))
    if given.sync:
        times = measure_sync(command, given.store, given.sync)
        print("| the same while connections are synced | {:.1f} / {:.1f} |".format(*times))
    print(f"| resident, idle / in use | {result['resident, idle']:.0f} / {result['resident']:.0f} MB |")


if __name__ == "__main__":
    main()

#!/usr/bin/python3
"""A terminal for tests: runs a command in one and tells what its screen shows.

usage: terminal.py [--size COLUMNSxROWS] [--keys TEXT | --await TEXT | --await-not TEXT]... [--leave] [--raw FILE] [--shown FILE]
           COMMAND...

Prints all lines, those that scrolled away first, without blanks at their ends and empty lines at the
bottom; exits with the command's status. --keys and --await take their turns: the former types, the latter
waits until the screen shows TEXT (--await-not: does not), or gives up after --patience seconds. --leave kills the
command after that. --raw keeps the bytes as they came, --shown
what the screen showed after each burst of them, a form feed before each.
"""
import argparse
import fcntl
import os
import pty
import select
import signal
import struct
import sys
import termios
import time

import pyte

TOO_LONG = 100  # seconds for all


class Step(argparse.Action):
    def __call__(self, parser, namespace, values, option_string=None):
        namespace.steps.append((option_string, values.encode().decode("unicode_escape")))


parser = argparse.ArgumentParser()
parser.add_argument("--size", default="100x24")
parser.add_argument("--keys", action=Step)
parser.add_argument("--await", action=Step)
parser.add_argument("--await-not", action=Step)
parser.add_argument("--patience", type=float, default=20)
parser.add_argument("--leave", action="store_true")
parser.add_argument("--raw")
parser.add_argument("--shown")
parser.add_argument("command", nargs=argparse.REMAINDER)
options = parser.parse_args(namespace=argparse.Namespace(steps=[]))
columns, rows = map(int, options.size.split("x"))

read_end, write_end = os.pipe()
process, terminal = pty.fork()
if not process:
    os.read(read_end, 1)  # until the terminal has its size
    os.close(read_end)
    os.close(write_end)
    os.execvp(options.command[0], options.command)
fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
os.write(write_end, b"x")

screen = pyte.HistoryScreen(columns, rows, history=100000)
stream = pyte.ByteStream(screen)
raw = open(options.raw, "wb") if options.raw else None
shown = open(options.shown, "w") if options.shown else None
begun = step_begun = time.monotonic()
steps = options.steps


def take_steps():
    global step_begun
    while steps:
        kind, text = steps[0]
        if kind == "--keys":
            os.write(terminal, text.encode())
        elif time.monotonic() - step_begun < options.patience:
            if (text in "\n".join(screen.display)) != (kind == "--await"):
                return
        steps.pop(0)
        step_begun = time.monotonic()


while True:
    take_steps()
    if options.leave and not steps:
        os.kill(process, signal.SIGKILL)
        break
    ready, _, _ = select.select([terminal], [], [], 0.5)
    if time.monotonic() - begun > TOO_LONG:
        os.kill(process, signal.SIGKILL)
        sys.exit("terminal.py: it does not end")
    if not ready:
        continue
    try:
        data = os.read(terminal, 65536)
    except OSError:
        break
    if not data:
        break
    stream.feed(data)
    if raw:
        raw.write(data)
    if shown:
        print("\f" + "\n".join(line.rstrip() for line in screen.display), file=shown)
_, status = os.waitpid(process, 0)
lines = ["".join(line[column].data for column in range(columns)).rstrip() for line in screen.history.top]
lines += [line.rstrip() for line in screen.display]
while lines and not lines[-1]:
    lines.pop()
print("\n".join(lines))
sys.exit(os.waitstatus_to_exitcode(status) % 256)

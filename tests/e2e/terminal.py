#!/usr/bin/python3
"""A terminal for tests: runs a command in one and tells what its screen shows.

usage: terminal.py [--size COLUMNSxROWS] [--keys TEXT]... [--raw FILE] [--shown FILE] COMMAND...

Prints all lines, those that scrolled away first, without blanks at their ends and empty lines at the
bottom; exits with the command's status. --keys types once output has ceased for a moment; one after
the other. --raw keeps the bytes as they came, --shown what the screen showed after each burst of them.
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

import pyte

QUIET = 0.3  # seconds without output after which keys are typed
TOO_LONG = 60

parser = argparse.ArgumentParser()
parser.add_argument("--size", default="100x24")
parser.add_argument("--keys", action="append", default=[])
parser.add_argument("--raw")
parser.add_argument("--shown")
parser.add_argument("command", nargs=argparse.REMAINDER)
options = parser.parse_args()
columns, rows = map(int, options.size.split("x"))

process, terminal = pty.fork()
if not process:
    os.execvp(options.command[0], options.command)
fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

screen = pyte.HistoryScreen(columns, rows, history=100000)
stream = pyte.ByteStream(screen)
raw = open(options.raw, "wb") if options.raw else None
shown = open(options.shown, "w") if options.shown else None
keys = list(options.keys)
waited = 0.0
while True:
    ready, _, _ = select.select([terminal], [], [], QUIET)
    if not ready:
        waited += QUIET
        if keys:
            os.write(terminal, keys.pop(0).encode().decode("unicode_escape").encode())
            waited = 0.0
        elif waited > TOO_LONG:
            os.kill(process, signal.SIGKILL)
            sys.exit("terminal.py: nothing happens")
        continue
    waited = 0.0
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

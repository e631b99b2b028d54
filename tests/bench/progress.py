"""One line on a terminal that tells where a long run is."""

import sys
import time


class Progress:
    def __init__(self, total):
        self.total = total
        self.done = 0
        self.start = time.monotonic()

    def show(self, what):
        """The next step begins."""
        if sys.stderr.isatty():
            spent = time.monotonic() - self.start
            left = spent / self.done * (self.total - self.done) if self.done else 0
            print('\r\033[K%d of %d, %s%s' % (self.done + 1, self.total, what,
                                              ', %d s to go' % left if self.done else ''),
                  end='', file=sys.stderr, flush=True)
        self.done += 1

    def end(self):
        if sys.stderr.isatty():
            print('\r\033[K', end='', file=sys.stderr, flush=True)

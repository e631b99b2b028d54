"""How the bench runs a workload: by itself, under Residue, and under the peers that are installed."""

import os
import re
import shutil
import subprocess


class Failed(Exception):
    """A tool or a workload that did not do its work; the text says which and how."""


class Usage:
    """What one run used. Seconds and bytes; `own_*`: of the workload's process alone, or None."""

    def __init__(self, line, stderr):
        wall, user, system, peak, status = line.split()
        self.wall = float(wall)
        self.cpu = float(user) + float(system)
        self.peak = int(peak) * 1024
        self.status = int(status)
        own = re.search(rb'bench: cpu ([0-9.]+) rss ([0-9]+)', stderr)
        self.own_cpu = float(own.group(1)) if own else None
        self.own_peak = int(own.group(2)) * 1024 if own else None
        self.trace = None


def measure(measurer, scratch, command, stdin=None, environment=None):
    """Runs a command and all it starts. Raises Failed when it does not exit with 0."""
    result = os.path.join(scratch, 'used')
    with open(stdin or os.devnull, 'rb') as source:
        done = subprocess.run([measurer, result, *command], stdin=source, cwd=scratch,
                              stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                              env={**os.environ, **(environment or {})})
    if done.returncode:
        raise Failed('%s: %s' % (command[0], done.stderr.decode(errors='replace').strip()))
    with open(result) as line:
        usage = Usage(line.read(), done.stderr)
    if usage.status:
        raise Failed('%s: exit status %d: %s' % (' '.join(command), usage.status,
                                                 done.stderr.decode(errors='replace')[-300:]))
    return usage


class Tool:
    """`share`: the part of the work it is given, because it takes so long; its figures are scaled.
    `slow`: once is enough."""

    title = ''
    share = 1.0
    slow = False

    def __init__(self, build, scratch):
        self.build = os.path.abspath(build)
        self.scratch = scratch

    def missing(self):
        """Why it can't be run, or None."""
        return None

    def takes(self, workload):
        del workload
        return True

    def program(self, workload):
        if workload.own:
            return [os.path.join(self.build, 'bench', workload.command[0]), *workload.command[1:]]
        return workload.command

    def command(self, workload):
        return self.program(workload)

    def environment(self):
        return {}

    def trace(self):
        """What it leaves on disk, or None."""
        return None

    def run(self, workload):
        usage = measure(os.path.join(self.build, 'bench', 'measure'), self.scratch,
                        self.command(workload), workload.stdin,
                        {**workload.environment, **self.environment()})
        if self.trace():
            usage.trace = os.path.getsize(self.trace())
        return usage


class Native(Tool):
    title = 'native'


class Residue(Tool):
    title = 'Residue'

    def trace(self):
        return os.path.join(self.scratch, 'residue.trace')

    def command(self, workload):
        return [os.path.join(self.build, 'residue'), 'run', '-q', '-o', self.trace(), '--',
                *self.program(workload)]

    def report(self):
        """What the report of the last run's trace takes."""
        return measure(os.path.join(self.build, 'bench', 'measure'), self.scratch,
                       [os.path.join(self.build, 'residue'), 'report', self.trace()])


class Heaptrack(Tool):
    title = 'heaptrack'

    def missing(self):
        return None if shutil.which('heaptrack') else 'heaptrack is not installed'

    def trace(self):
        return os.path.join(self.scratch, 'heaptrack.out.zst')

    def command(self, workload):
        return ['heaptrack', '-o', self.trace()[:-4], *self.program(workload)]

    def run(self, workload):
        for old in (self.trace(), self.trace()[:-4] + '.gz'):
            if os.path.exists(old):
                os.unlink(old)
        return super().run(workload)


class Memcheck(Tool):
    title = 'memcheck'
    slow = True

    def missing(self):
        return None if shutil.which('valgrind') else 'valgrind is not installed'

    def command(self, workload):
        return ['valgrind', '-q', '--leak-check=full', '--num-callers=40', '--log-file=memcheck.log',
                *self.program(workload)]


class LeakSanitizer(Tool):
    """Only programs compiled with it. Its fast unwinding follows frame pointers, which optimised
    programs do not keep: the stacks are wrong, but one can see what right ones would be worth."""

    fast = False
    slow = True

    def missing(self):
        program = os.path.join(self.build, 'bench', 'lsan', 'storm')
        return None if os.path.exists(program) else 'clang is not installed'

    def takes(self, workload):
        return workload.own

    def program(self, workload):
        return [os.path.join(self.build, 'bench', 'lsan', workload.command[0]),
                *workload.command[1:]]

    def environment(self):
        return {'LSAN_OPTIONS': 'fast_unwind_on_malloc=%d:malloc_context_size=40:exitcode=0'
                                % self.fast}


class ExactLeakSanitizer(LeakSanitizer):
    title = 'LSan exact'
    share = 0.1


class FastLeakSanitizer(LeakSanitizer):
    title = 'LSan fast'
    fast = True


PEERS = [Heaptrack, Memcheck, ExactLeakSanitizer, FastLeakSanitizer]

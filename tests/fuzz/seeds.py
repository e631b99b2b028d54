"""Seeds for the fuzzers, made from the real thing: seeds.py BUILD_FOLDER SEEDS_FOLDER.

trace/    what `residue run` writes of fixtures, and a live mapping as it stands while a client runs
profile/  the shipped profiles and the beginnings of the tables
unwind/   the unwind information of a small library, with words that look like stacks
"""

import ctypes
import glob
import os
import random
import shutil
import struct
import subprocess
import sys

build, seeds = sys.argv[1:3]
HEADER = 4096
CHUNK = struct.Struct("<IIQQQ")
RECORDS, LEAF, PACKED = 1, 2, 3
MAGIC = 0x4B4E4843
LEAF_HEAD = 4096


def save(kind, name, data):
    with open(os.path.join(seeds, kind, name), "wb") as file:
        file.write(data)


# ---- traces ----


def compact_traces():
    runs = {
        "store": ("kb237174", ["client", "store", "-n", "300"]),
        "sync": ("kb843523-sync,kb843523-update", ["client", "sync", "-n", "100"]),
        "logon": ("kb891509", ["client", "logon", "-n", "20"]),
        "loadlib": ("kb901014", ["client", "loadlib", "-n", "6"]),
        "clean": ("", ["client", "store", "-n", "5"]),
        "exporter": ("exporter-unreleased", ["client_objects", "exporter", "-n", "20"]),
        "referral": ("kb900326-referral,pooled", ["client_objects", "referral", "-n", "5"]),
        "folders": ("folder-every-second", ["client_objects", "folders", "-n", "40"]),
        "chain": ("chain-leaked", ["client_buffers", "chain", "-n", "20"]),
        "rows": ("rows-as-buffer", ["client_buffers", "rows", "-n", "20"]),
        "sink": ("sink-outlives", ["client_sessions", "sink", "-n", "10"]),
    }
    for name, (leak, command) in runs.items():
        path = os.path.join(seeds, "trace", name)
        command[0] = os.path.join(build, "fixtures", command[0])
        subprocess.run(
            [os.path.join(build, "residue"), "run", "--quiet", "-o", path, "--", *command],
            env={**os.environ, "FIXTURE_LEAK": leak},
            stdout=subprocess.DEVNULL,
            check=True,
        )
        with open(path, "rb") as file:
            save("trace", name + "-plain", unpacked(file.read()))


def unpacked(data):
    """The same trace with its records as they are: a fuzzer sees nothing in what is compressed."""
    zstd = ctypes.CDLL("libzstd.so.1")
    out, at = bytearray(data[:HEADER]), HEADER
    while at < len(data):
        _, kind, size, used, base = CHUNK.unpack_from(data, at)
        body = data[at + CHUNK.size : at + CHUNK.size + used]
        if kind == PACKED:
            room = ctypes.create_string_buffer(base)
            assert zstd.ZSTD_decompress(room, ctypes.c_size_t(base), body, ctypes.c_size_t(used)) == base
            body = room.raw
        out += CHUNK.pack(MAGIC, RECORDS, CHUNK.size + len(body), len(body), 0) + body
        at += size
    struct.pack_into("<Q", out, 24, len(out))
    return bytes(out)


def live_mapping():
    """The mapping as it is held while `cat` waits for its input: its head and its chunks."""
    path = os.path.join(seeds, "cat")
    command = [os.path.join(build, "residue"), "run", "--quiet", "-o", path, "--", "cat"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as runner:
        runner.stdin.write(b"x\n")
        runner.stdin.flush()
        runner.stdout.readline()
        pipe = os.readlink(f"/proc/self/fd/{runner.stdin.fileno()}")
        for fd in glob.glob("/proc/[0-9]*/fd/*"):
            try:
                if "memfd" not in os.readlink(fd):
                    continue
                with open(fd, "rb") as file:
                    head = file.read(HEADER)
                    if head.startswith(b"RESIDUE") and reads_from(client_of(head), pipe):
                        return head, chunks_of(file, head)
            except OSError:
                continue  # gone meanwhile, or somebody else's
    raise SystemExit("seeds.py: nobody holds the trace of cat")


def client_of(head):
    return struct.unpack_from("<I", head, 40)[0]


def reads_from(pid, pipe):
    return os.readlink(f"/proc/{pid}/fd/0") == pipe


def chunks_of(file, head):
    end = struct.unpack_from("<Q", head, 24)[0]
    at, chunks = HEADER, []
    while at < end:
        file.seek(at)
        magic, kind, size, used, base = CHUNK.unpack(file.read(CHUNK.size))
        assert magic == MAGIC
        body = file.read(used if kind == RECORDS else LEAF_HEAD - CHUNK.size + 65536)
        chunks.append((kind, size, used, base, body))
        at += size
    return chunks


def live_trace():
    """The records in chunks of their own size, and the last leaf cut off where the file ends."""
    head, chunks = live_mapping()
    out = bytearray(head)
    for kind, _, used, base, body in chunks:
        if kind == RECORDS:
            out += CHUNK.pack(MAGIC, kind, CHUNK.size + used, used, base) + body
    leaves = [chunk for chunk in chunks if chunk[0] == LEAF]
    kind, size, used, base, body = leaves[0]
    end = len(out) + size
    body = body[: LEAF_HEAD - CHUNK.size + 4096]
    out += CHUNK.pack(MAGIC, kind, size, used, base) + body
    struct.pack_into("<Q", out, 24, end)
    save("trace", "live", bytes(out))


# ---- profiles ----


def profiles():
    for path in glob.glob("shim/profiles/*.profile") + glob.glob("tests/e2e/profiles/*"):
        with open(path, "rb") as file:
            save("profile", os.path.basename(path), b"t" + file.read())
    for which, path in (("i", "interfaces"), ("l", "interfaces"), ("e", "exports"), ("g", "iids")):
        with open(f"shim/profiles/mapi-{path}.tsv", "rb") as file:
            lines = [line for line in file if not line.startswith(b"#")]
        save("profile", path + "-" + which, which.encode() + b"".join(lines[:30]))
    save("profile", "glob", b"wOpen*?x")
    save(
        "profile",
        "all",
        b"""tkind "a thing" class=private-heap counted
acquire A "a thing" handle=out2 size=arg1*arg3 parent=arg4 ok=nonnegative call=outermost
resize R "a thing" from=arg1 handle=ret size=arg2 ok=not-minus-one call=never
release F "a thing" handle=none ok=zero # comment
pair P Q kind="a thing" release-handle=arg2
opens O out=3 iid=2 default=IUnknown
watch Open*
""",
    )


# ---- unwind information ----


# Each function with words that look like a stack. `entries`: of a PE module's table, and one.
def save_frames(name, image, header, functions, entries):
    chance = random.Random(1)
    for number, function in enumerate(functions):
        words = [
            chance.choice(
                [
                    (chance.choice(functions) + chance.randrange(1, 24)) << 2 | 1,
                    chance.randrange(0, 2048) << 2 | 2,
                    chance.randrange(0, 1 << 32) << 2,
                ]
            )
            for _ in range(64)
        ]
        head = struct.pack("<III", header, function + chance.randrange(1, 16), len(words) | entries << 16)
        save("unwind", f"{name}{number}", head + struct.pack("<64Q", *words) + image)


def unwind():
    library = os.path.join(seeds, "frames.so")
    subprocess.run(
        ["gcc", "-O1", "-fPIC", "-shared", "-nostdlib", "-I.", "-Wl,-z,noseparate-code", "-o", library]
        + ["tests/unit/unwind_frames.c", "tests/unit/unwind_frames.S", "-Wl,--unresolved-symbols=ignore-all"],
        check=True,
    )
    with open(library, "rb") as file:
        image = file.read()
    offset, count = struct.unpack_from("<Q", image, 32)[0], struct.unpack_from("<H", image, 56)[0]
    headers = [struct.unpack_from("<IIQQQQ", image, offset + 56 * i) for i in range(count)]
    header = next(h[2] for h in headers if h[0] == 0x6474E550)
    image = image[: max(h[2] + h[5] for h in headers if h[0] == 1)]
    table = struct.unpack_from("<I", image, header + 8)[0]
    functions = [struct.unpack_from("<i", image, header + 12 + 8 * i)[0] + header for i in range(table)]
    save_frames("frame", image, header, functions, 0)
    os.unlink(library)


def pe():
    library = os.path.join(seeds, "symbols.dll")
    for arch, option in ("x86_64", "-g"), ("x86_64", "-s"), ("i686", "-g0"):
        subprocess.run(
            [f"{arch}-w64-mingw32-gcc", option, "-O2", "-I.", "-Dsymbols_outside=symbols_plain", "-nostdlib", "-shared"]
            + ["-Wl,--entry=0", "-Wl,--build-id", "tests/unit/symbols_fixture.c", "-o", library],
            check=True,
        )
        with open(library, "rb") as file:
            save("pe", arch + option, file.read())
    os.unlink(library)


def unwind_pe():
    library = os.path.join(seeds, "frames.dll")
    subprocess.run(
        ["x86_64-w64-mingw32-gcc", "-shared", "-nostdlib", "-s", "-Wl,--entry=0", "-o", library]
        + ["tests/unit/pdata_functions.S"],
        check=True,
    )
    with open(library, "rb") as file:
        data = file.read()
    pe = struct.unpack_from("<I", data, 0x3C)[0]
    sections, optional = struct.unpack_from("<H", data, pe + 6)[0], struct.unpack_from("<H", data, pe + 20)[0]
    table, size = struct.unpack_from("<II", data, pe + 24 + 112 + 8 * 3)
    image = bytearray(data[:1024])
    for i in range(sections):
        address, length, at = struct.unpack_from("<III", data, pe + 24 + optional + 40 * i + 12)
        image += bytes(max(0, address + length - len(image)))
        image[address : address + length] = data[at : at + length]
    functions = [struct.unpack_from("<I", image, table + 12 * i)[0] for i in range(size // 12)]
    save_frames("pe", bytes(image), table, functions, size // 12 + 1)
    os.unlink(library)


shutil.rmtree(seeds, ignore_errors=True)
for folder in ("trace", "profile", "unwind", "pe"):
    os.makedirs(os.path.join(seeds, folder))
compact_traces()
live_trace()
os.unlink(os.path.join(seeds, "cat"))
profiles()
unwind()
unwind_pe()
pe()

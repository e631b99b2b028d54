"""The workloads of the bench: programs of our own and real ones, with the input they are given."""

import os
import random
import shutil


class Workload:
    """One row of the table. `command` is run in the bench's folder; `stdin` is a file or None;
    `environment` is added to. `blocks`: live blocks at the end, where that is what it is about.
    `own`: built from tests/bench, so also with LeakSanitizer; it reports its own resources."""

    def __init__(self, name, title, command, stdin=None, environment=None, blocks=0, own=False):
        self.name = name
        self.title = title
        self.command = command
        self.stdin = stdin
        self.environment = environment or {}
        self.blocks = blocks
        self.own = own


def _own(name, title, program, *arguments, **more):
    return Workload(name, title, [program, *map(str, arguments)], own=True, **more)


def _write_sql(path, rows):
    with open(path, 'w') as out:
        out.write('create table t(id integer primary key, name text, value real);\n'
                  'with recursive n(i) as (select 1 union all select i + 1 from n where i < %d)\n'
                  "insert into t select i, 'name ' || (i * 7919 %% 100003), i * 0.5 from n;\n"
                  'create index by_name on t(name);\n'
                  'select count(*), sum(value) from t where name between '
                  "'name 2' and 'name 7';\n"
                  'select name, count(*) c, max(value) from t group by name '
                  'order by c desc, name limit 5;\n' % rows)


def _write_xml(path, items):
    chance = random.Random(1)
    words = ['order', 'item', 'price', 'customer', 'address', 'note', 'quantity', 'delivery']
    with open(path, 'w') as out:
        out.write('<?xml version="1.0"?>\n<orders>\n')
        for number in range(items):
            text = ' '.join(chance.choice(words) for _ in range(chance.randint(2, 12)))
            out.write('  <order id="%d" state="%s"><customer>Name %d</customer>'
                      '<item count="%d"><price currency="EUR">%d.%02d</price>'
                      '<note>%s</note></item></order>\n'
                      % (number, chance.choice(words), chance.randint(1, 9999),
                         chance.randint(1, 20), chance.randint(1, 500), chance.randint(0, 99),
                         text))
        out.write('</orders>\n')


_PERL = '''my (%count, @kept);
for my $i (1 .. SIZE) {
    my $key = "key" . ($i * 7919 % 50021);
    $count{$key}{n}++;
    push @{$count{$key}{at}}, $i if $i % 5 == 0;
    push @kept, join(",", map { $_ * 2 } 1 .. 4) if $i % 10 == 0;
}
my $sum = 0;
$sum += $count{$_}{n} for sort keys %count;
print "$sum ", scalar(@kept), "\\n";
'''

_PYTHON = '''import json
class Node:
    def __init__(self, name, parent):
        self.name, self.parent, self.children, self.tags = name, parent, [], {}
total = 0
for turn in range(SIZE):
    nodes = [Node("root", None)]
    for i in range(1, 4000):
        parent = nodes[i * 7919 % len(nodes)]
        node = Node("node %d" % i, parent)
        node.tags["kind"] = str(i % 17)
        parent.children.append(node)
        nodes.append(node)
    text = json.dumps([{"name": n.name, "tags": n.tags, "n": len(n.children)} for n in nodes])
    total += len(json.loads(text)) + sum(len(w) for w in text.split(","))
print(total)
'''


def _write(path, text, size):
    with open(path, 'w') as out:
        out.write(text.replace('SIZE', str(size)))


def all_workloads(folder, share):
    """Every workload whose program is there, with its input written to `folder`; `share` of the
    full work. Also the names of those left out."""

    def part(whole):
        return max(1, int(whole * share))

    work = [
        _own('storm-9', 'storm, depth 9', 'storm', '-d', 9, '-n', part(8000000)),
        _own('storm-31', 'storm, depth 31', 'storm', '-d', 31, '-n', part(4000000)),
        _own('storm-2t', 'storm, 2 threads', 'storm', '-t', 2, '-n', part(4000000)),
        _own('storm-4t', 'storm, 4 threads', 'storm', '-t', 4, '-n', part(2000000)),
        _own('mapi', 'MAPI-like calls', 'mapi_client', '-n', part(1500000)),
        _own('mapi-buffers', 'calls, hardly work', 'mapi_client', '-p', '-n', part(1000000)),
        _own('mapi_objects', 'MAPI objects: messages opened, read, saved', 'mapi_client', '-m', '-n',
             part(1000000)),
        _own('live', '%.3g million live blocks' % (part(5000000) / 1e6), 'live', '-n',
             part(5000000), blocks=part(5000000)),
        _own('containers', 'C++ containers', 'containers', '-n', part(60)),
    ]
    left_out = []

    def real(name, title, program, prepare, *arguments, stdin=None, environment=None):
        path = shutil.which(program, path='/usr/bin:/bin') or shutil.which(program)
        if not path:
            left_out.append('%s (%s is not installed)' % (name, program))
            return
        prepare()
        work.append(Workload(name, title, [path, *arguments], stdin=stdin,
                             environment=environment))

    def at(name):
        return os.path.join(folder, name)

    rows, items = part(500000), part(200000)
    real('sqlite3', 'sqlite3, %dk rows' % (rows / 1000), 'sqlite3',
         lambda: _write_sql(at('rows.sql'), rows), ':memory:', stdin=at('rows.sql'))
    real('perl', 'perl, hashes', 'perl', lambda: _write(at('hashes.pl'), _PERL, part(1200000)),
         at('hashes.pl'), environment={'PERL_HASH_SEED': '0'})
    real('xmllint', 'xmllint', 'xmllint', lambda: _write_xml(at('orders.xml'), items), '--noout',
         at('orders.xml'))
    real('python3', 'python3, malloc', 'python3',
         lambda: _write(at('nodes.py'), _PYTHON, part(35)), at('nodes.py'),
         environment={'PYTHONMALLOC': 'malloc', 'PYTHONHASHSEED': '0'})
    return work, left_out

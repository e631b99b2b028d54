"""The bench's results as tables of medians and ratios."""

import statistics


def median(values):
    return statistics.median(values) if values else None


def size(count):
    """Bytes for people."""
    if count is None:
        return ''
    for unit in ('B', 'KiB', 'MiB', 'GiB'):
        if count < 1024 or unit == 'GiB':
            return '%.*f %s' % (0 if unit == 'B' else 1, count, unit)
        count /= 1024


def ratio(value, base):
    if value is None or not base:
        return ''
    quotient = value / base
    return '%.2f' % quotient if quotient < 10 else '%.1f' % quotient


def print_table(out, head, rows):
    """Left column to the left, the others to the right."""
    widths = [max(len(row[i]) for row in [head, *rows]) for i in range(len(head))]
    for row in [head, *rows]:
        cells = [row[0].ljust(widths[0])] + [c.rjust(w) for c, w in zip(row[1:], widths[1:])]
        print('  '.join(cells).rstrip(), file=out)
    print(file=out)


def summarise(samples, share):
    """Medians of one tool's runs of one workload; where it was given a share of the work only, its
    time is scaled to all of it, and its memory left out."""
    own = [s.own_cpu for s in samples if s.own_cpu is not None]
    own_peak = [s.own_peak for s in samples if s.own_peak is not None]
    traces = [s.trace for s in samples if s.trace is not None]
    return {
        'runs': len(samples),
        'share': share,
        'cpu': median([s.cpu for s in samples]) / share,
        'cpu_spread': [min(s.cpu for s in samples) / share, max(s.cpu for s in samples) / share],
        'wall': median([s.wall for s in samples]) / share,
        'peak_rss': median([s.peak for s in samples]) if share == 1 else None,
        'program_cpu': median(own) / share if own else None,
        'program_peak_rss': median(own_peak) if own_peak else None,
        'trace_bytes': median(traces) if traces else None,
    }


def _get(result, tool, key):
    return result['tools'].get(tool, {}).get(key)


def _ratios(results, peers, key):
    for result in results:
        native = _get(result, 'native', key)
        yield [result['title'], '%.2f s' % native if key != 'peak_rss' else size(native)] + [
            ratio(_get(result, tool, key), native) for tool in peers]


def print_results(out, results, tools):
    """`tools`: titles in the order of their columns, native left out."""
    columns = [t for t in tools if any(t in r['tools'] for r in results)]

    alone = [t for t in columns if t in ('Residue', 'heaptrack')]
    print_table(out, ['CPU, all processes', 'native'] + columns,
                list(_ratios(results, columns, 'cpu')))
    print_table(out, ["CPU, the program's process", 'native'] + alone,
                list(_ratios([r for r in results if _get(r, 'native', 'program_cpu')], alone,
                             'program_cpu')))
    print_table(out, ['wall', 'native'] + columns, list(_ratios(results, columns, 'wall')))
    print_table(out, ['peak RSS', 'native'] + columns, list(_ratios(results, columns, 'peak_rss')))

    rows = []
    for result in results:
        rows.append([result['title'], size(_get(result, 'Residue', 'trace_bytes')),
                     size(_get(result, 'heaptrack', 'trace_bytes')),
                     '%.0f ms' % (1000 * result['report']['wall']),
                     size(result['report']['peak_rss']),
                     '%.1f' % result['bytes_per_block'] if result['bytes_per_block'] else ''])
    print_table(out, ['Residue', 'trace', "heaptrack's", 'report takes', 'and', 'B/live block'], rows)

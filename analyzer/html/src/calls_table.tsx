// All calls: sorted, filtered, and however many there are only those in sight in the document.
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { COLUMNS } from "./calls_columns";
import { count, plural, VERDICT_WORDS } from "./format";
import { report, VERDICTS, type Call, type Verdict } from "./report";

const ROW = 30; // pixels, as the style sheet has it
const SPARE = 8; // rows beyond either edge
const PRINTED = 500;

interface Sorting {
    column: string;
    down: boolean;
}

interface Row {
    call: Call;
    index: number;
}

const ROWS: Row[] = report.calls.map((call, index) => ({ call, index }));

function matches(call: Call, words: string[]): boolean {
    const text = `${call.path.join(" ")} ${call.name} ${VERDICT_WORDS[call.verdict]}`.toLowerCase();
    return words.every((word) => text.includes(word));
}

function rowsOf(filter: string, verdicts: Set<Verdict>, { column, down }: Sorting): Row[] {
    const words = filter.toLowerCase().split(/\s+/).filter(Boolean);
    const { value } = COLUMNS.find(({ id }) => id === column)!;
    const kept = ROWS.filter(({ call }) => (!verdicts.size || verdicts.has(call.verdict)) && matches(call, words));
    const keyed = kept.map((row) => ({ row, key: value(row.call) }));
    keyed.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0) * (down ? -1 : 1) || a.row.index - b.row.index);
    return keyed.map(({ row }) => row);
}

function usePrinting(): boolean {
    const [printing, setPrinting] = useState(false);
    useEffect(() => {
        const listener = (event: Event) => setPrinting((event as CustomEvent<boolean>).detail);
        addEventListener("residue-print", listener);
        return () => removeEventListener("residue-print", listener);
    }, []);
    return printing;
}

// Which of the verdicts are shown: all, or those chosen.
function Verdicts({ on, toggle }: { on: Set<Verdict>; toggle: (verdict: Verdict) => void }) {
    const present = VERDICTS.filter((verdict) => report.calls.some((call) => call.verdict === verdict));
    return (
        <div class="chips" role="group" aria-label="Show only verdicts">
            {present.map((verdict) => (
                <button key={verdict} type="button" class={`chip ${verdict}`} aria-pressed={on.has(verdict)}
                    onClick={() => toggle(verdict)}>
                    {VERDICT_WORDS[verdict]} <b>{count(report.calls.filter((call) => call.verdict === verdict).length)}</b>
                </button>
            ))}
        </div>
    );
}

// The style sheet leaves columns out where there is no room for all.
function classes(id: string, number: boolean): string {
    return `of-${id}${number ? " number" : ""}`;
}

function Heads({ sorting, sort }: { sorting: Sorting; sort: (column: string) => void }) {
    return (
        <thead>
            <tr aria-rowindex={1}>
                {COLUMNS.map(({ id, title, explained, number }) => {
                    const on = sorting.column === id;
                    return (
                        <th key={id} scope="col" class={classes(id, number)}
                            aria-sort={on ? (sorting.down ? "descending" : "ascending") : "none"}>
                            <button type="button" title={explained} onClick={() => sort(id)}>
                                {title}
                                <span class="arrow" aria-hidden="true">{on ? (sorting.down ? "\u2193" : "\u2191") : ""}</span>
                            </button>
                        </th>
                    );
                })}
            </tr>
        </thead>
    );
}

interface Props {
    chosen: number;
    choose: (index: number) => void;
    open: () => void;
}

export function CallsTable({ chosen, choose, open }: Props) {
    const [filter, setFilter] = useState("");
    const [verdicts, setVerdicts] = useState<Set<Verdict>>(new Set());
    const [sorting, setSorting] = useState<Sorting>({ column: "bytes", down: true });
    const [top, setTop] = useState(0);
    const [height, setHeight] = useState(400);
    const box = useRef<HTMLDivElement>(null);
    const search = useRef<HTMLInputElement>(null);
    const focus = useRef(false); // the chosen row is to have the focus, once it is there
    const printing = usePrinting();
    const rows = useMemo(() => rowsOf(filter, verdicts, sorting), [filter, verdicts, sorting]);
    const at = rows.findIndex(({ index }) => index === chosen);

    const first = printing ? 0 : Math.max(0, Math.floor(top / ROW) - SPARE);
    const end = printing ? Math.min(rows.length, PRINTED) : Math.min(rows.length, Math.ceil((top + height) / ROW) + SPARE);
    const shown = rows.slice(first, end);
    // The row that Tab leads to: the chosen one, or what is in its place.
    const stop = at >= first && at < end ? at : first;

    useEffect(() => {
        const observer = new ResizeObserver(() => setHeight(box.current!.clientHeight));
        observer.observe(box.current!);
        return () => observer.disconnect();
    }, []);

    useEffect(() => {
        const listener = (event: KeyboardEvent) => {
            const target = event.target as HTMLElement;
            if (event.key !== "/" || target.closest("input, textarea")) return;
            event.preventDefault();
            search.current!.focus();
        };
        addEventListener("keydown", listener);
        return () => removeEventListener("keydown", listener);
    }, []);

    // The chosen row stays in sight when the order changes or a link leads to it.
    useEffect(() => {
        if (at < 0) return;
        const { scrollTop, clientHeight } = box.current!;
        const room = clientHeight - 2 * ROW; // less the heads
        if (at * ROW < scrollTop) box.current!.scrollTop = at * ROW;
        else if (at * ROW > scrollTop + room) box.current!.scrollTop = at * ROW - room;
    }, [at]);

    useEffect(() => {
        if (!focus.current) return;
        const row = box.current!.querySelector<HTMLElement>("tr[aria-selected=true]");
        if (row) {
            row.focus({ preventScroll: true });
            focus.current = false;
        }
    });

    const sort = (column: string) => {
        const numeric = COLUMNS.find(({ id }) => id === column)!.number;
        setSorting((now) => (now.column === column ? { column, down: !now.down } : { column, down: numeric }));
    };

    const toggle = (verdict: Verdict) => {
        const next = new Set(verdicts);
        if (!next.delete(verdict)) next.add(verdict);
        setVerdicts(next);
    };

    const move = (event: KeyboardEvent) => {
        const page = Math.max(1, Math.floor(height / ROW) - 2);
        const here = at < 0 ? stop : at;
        const to = { ArrowDown: here + 1, ArrowUp: here - 1, PageDown: here + page, PageUp: here - page, Home: 0, End: rows.length - 1 }[event.key];
        if (event.key === "Enter" && (event.target as HTMLElement).closest("tbody")) return open();
        if (to === undefined || !rows.length || !(event.target as HTMLElement).closest("tbody")) return;
        event.preventDefault();
        focus.current = true;
        choose(rows[Math.min(rows.length - 1, Math.max(0, to))].index);
    };

    return (
        <section class="panel calls" aria-label="Calls">
            <div class="tools">
                <h2>Calls</h2>
                <input ref={search} type="search" placeholder="Filter by name   /" aria-label="Filter calls by name, path or verdict"
                    value={filter} onInput={(event) => setFilter(event.currentTarget.value)} spellcheck={false} />
                <Verdicts on={verdicts} toggle={toggle} />
                <span class="shown" role="status">{count(rows.length)} of {count(ROWS.length)}</span>
            </div>
            <div class="table" ref={box} onScroll={(event) => setTop(event.currentTarget.scrollTop)} onKeyDown={move}>
                <table role="grid" aria-label="Calls" aria-rowcount={rows.length + 1}>
                    <colgroup>{COLUMNS.map(({ id, width }) => <col key={id} class={`of-${id}`} style={width ? { width } : {}} />)}</colgroup>
                    <Heads sorting={sorting} sort={sort} />
                    <tbody>
                        {first > 0 && <tr class="room" aria-hidden="true" style={{ height: `${first * ROW}px` }} />}
                        {shown.map(({ call, index }, i) => (
                            <tr key={index} aria-rowindex={first + i + 2} aria-selected={index === chosen}
                                tabIndex={first + i === stop ? 0 : -1} onClick={() => choose(index)}>
                                {COLUMNS.map(({ id, number, cell }) => (
                                    <td key={id} class={classes(id, number)}>{cell(call)}</td>
                                ))}
                            </tr>
                        ))}
                        {end < rows.length && <tr class="room" aria-hidden="true" style={{ height: `${(rows.length - end) * ROW}px` }} />}
                    </tbody>
                </table>
                {rows.length === 0 && <p class="none">No call is called so.</p>}
            </div>
            {report.calls_left_out ? <p class="left-out dim">{plural(report.calls_left_out, "more call")} left out of this report.</p> : null}
            {printing && rows.length > PRINTED && <p>{count(rows.length - PRINTED)} more calls are not printed.</p>}
        </section>
    );
}

// The columns of the table of calls: what each shows, and what it is sorted by.
import type { ComponentChildren } from "preact";
import { bytes, count, interval, rate, rateBytes, VERDICT_WORDS } from "./format";
import { findingsOf, report, thingRate, VERDICTS, type Call } from "./report";

export interface Column {
    id: string;
    title: string;
    explained: string;
    width: string; // of the whole table; empty: what is left
    number: boolean;
    value: (call: Call) => number | string;
    cell: (call: Call) => ComponentChildren;
}

const most = Math.max(0, ...report.calls.map((call) => call.bytes_per_call));

function RateBar({ part }: { part: number }) {
    return <span class="rate-bar" aria-hidden="true"><i style={{ width: `${100 * part}%` }} /></span>;
}

export const COLUMNS: Column[] = [
    {
        id: "name", title: "Call", explained: "The watched call, after those it was made inside of", width: "", number: false,
        value: (call) => call.name.toLowerCase(),
        cell: (call) => (
            <span class="call-name" title={[...call.path, call.name].join(" > ")}>
                <b>{call.name}</b>
                {call.path.length > 0 && <small> in {call.path.join(" \u203a ")}</small>}
                {call.kept_alive_by && <small> kept alive by {call.kept_alive_by}</small>}
            </span>
        ),
    },
    {
        id: "verdict", title: "Verdict", explained: "Leak, or what it is instead", width: "8.6rem", number: false,
        value: (call) => VERDICTS.indexOf(call.verdict),
        cell: (call) => <span class={`badge ${call.verdict}`}>{VERDICT_WORDS[call.verdict]}</span>,
    },
    {
        id: "bytes", title: "Bytes/call", explained: "What each call leaves behind", width: "9.4rem", number: true,
        value: (call) => call.bytes_per_call,
        cell: (call) => call.bytes_per_call > 0 && (
            <><RateBar part={call.bytes_per_call / most} />{rateBytes(call.bytes_per_call)}</>
        ),
    },
    {
        id: "interval", title: "95% interval", explained: "Where the true rate lies; sorted by its width", width: "8.6rem",
        number: true,
        value: (call) => call.ci95[1] - call.ci95[0],
        cell: (call) => call.bytes_per_call > 0 && (call.exact ? "exact" : interval(call.ci95, call.bytes_per_call)),
    },
    {
        id: "things", title: "Things/call", explained: "Blocks, critical sections, references ... that each call leaves",
        width: "6.8rem", number: true,
        value: thingRate,
        cell: (call) => thingRate(call) > 0 && rate(thingRate(call)),
    },
    {
        id: "inclusive", title: "With inner", explained: "Bytes per call, with what the calls inside it leave",
        width: "6.8rem", number: true,
        value: (call) => call.inclusive_bytes_per_call,
        cell: (call) => call.inclusive_bytes_per_call > 0 && rateBytes(call.inclusive_bytes_per_call),
    },
    {
        id: "findings", title: "Findings", explained: "What else is known of the call", width: "5.8rem", number: true,
        value: (call) => findingsOf(call).length,
        cell: (call) => findingsOf(call).length > 0 && <b class="bad">{count(findingsOf(call).length)}</b>,
    },
    {
        id: "count", title: "Calls", explained: "How often it was called", width: "5.6rem", number: true,
        value: (call) => call.count,
        cell: (call) => count(call.count),
    },
    {
        id: "live", title: "Live at end", explained: "Bytes acquired in the call that are not released", width: "7.6rem",
        number: true,
        value: (call) => call.bytes,
        cell: (call) => (call.survivors > 0 ? bytes(call.bytes) : false),
    },
];

// What a call retains as it is called again and again, beside the growth that its rate means.
import { useMemo } from "preact/hooks";
import { bytes, count, interval, plural, rate, rateBytes, short } from "./format";
import { Plot, type Plotted } from "./plot";
import { leaks, thingRate, type Call } from "./report";
import { colour } from "./theme";

interface Growth {
    calls: number[];
    all: number[] | null; // with what does not leak; null: the same
    leaking: number[];
    fit: (number | null)[];
    low: (number | null)[];
    high: (number | null)[];
    inBytes: boolean;
    slope: number;
    exact: boolean;
}

// The rate of things and its interval, of the sites that leak.
function rateOfThings(call: Call): { slope: number; ci: [number, number] } {
    const sites = call.sites.filter((site) => leaks(site.verdict));
    const sum = (pick: (site: Call["sites"][number]) => number) => sites.reduce((all, site) => all + pick(site), 0);
    return {
        slope: thingRate(call),
        ci: [sum((site) => site.per_call_ci95![0]), sum((site) => site.per_call_ci95![1])],
    };
}

// The line of the rate through the points after warm-up: their mean distance from it is where it begins.
function beginning(calls: number[], values: number[], slope: number, warm: number): number {
    const peak = values.lastIndexOf(Math.max(...values)); // what comes after it was torn down
    const residuals = calls.flatMap((x, i) => (i <= peak && x >= warm ? [values[i] - slope * x] : []));
    return residuals.length ? residuals.reduce((sum, one) => sum + one, 0) / residuals.length : 0;
}

export function growthOf(call: Call): Growth {
    const { retained } = call;
    const leaky = leaks(call.verdict);
    const inBytes = leaky ? call.bytes_per_call > 0 : retained.bytes.some((value) => value > 0);
    const all = inBytes ? retained.bytes : retained.things;
    const leaking = inBytes ? retained.leaking_bytes : retained.leaking_things;
    const things = rateOfThings(call);
    const slope = leaky ? (inBytes ? call.bytes_per_call : things.slope) : 0;
    const ci = inBytes ? call.ci95 : things.ci;
    const windows = call.sites.filter((site) => leaks(site.verdict)).map((site) => site.window![0]);
    const start = leaky ? Math.max(0, beginning(retained.calls, leaking, slope, Math.min(...windows))) : 0;
    const line = (each: number) => retained.calls.map((x) => (leaky ? start + each * x : null));
    return {
        calls: retained.calls,
        all: leaky && all.every((value, i) => value === leaking[i]) ? null : all,
        leaking, inBytes, slope,
        fit: line(slope), low: line(ci[0]), high: line(ci[1]),
        exact: ci[0] === ci[1],
    };
}

function said(call: Call, { inBytes, slope, exact }: Growth): string {
    if (!leaks(call.verdict)) return "Everything acquired in the call that was live, at checkpoints and at the end.";
    if (call.verdict === "growing") return "A container that grows in steps, beside its mean growth.";
    const each = inBytes ? rateBytes(slope) : plural(slope, "thing").replace(/^\S+/, rate(slope));
    if (exact) return `${each} more with every call, exactly.`;
    return `${each} more per call${inBytes ? `, 95% interval ${interval(call.ci95, slope)}` : ""}.`;
}

function plottedOf(growth: Growth, leaky: boolean): Plotted {
    const { calls, all, leaking, fit, low, high, inBytes, exact } = growth;
    const main = colour(leaky ? "bad" : "accent");
    const points = { show: true, size: 5, fill: main, stroke: main };
    const band = colour("bad", 0.16);
    const edge = { stroke: colour("bad", 0.4), width: 1, points: { show: false } };
    const series: uPlot.Series[] = [];
    const data: (number | null)[][] = [];
    const add = (values: (number | null)[], one: uPlot.Series) => {
        series.push(one);
        data.push(values);
    };
    if (leaky) {
        add(leaking, { label: "leaks", stroke: main, width: 2, points });
        add(fit, { label: "rate x calls", stroke: colour("dim"), width: 1.5, dash: [6, 4], points: { show: false } });
        if (!exact) {
            add(low, { label: "95% from", ...edge });
            add(high, { label: "95% to", ...edge });
        }
    }
    if (all) add(all, { label: leaky ? "everything" : "live", stroke: leaky ? colour("accent") : main, width: 1.5,
        points: leaky ? { show: false } : points });
    return {
        series, data: [calls, ...data] as uPlot.AlignedData,
        bands: leaky && !exact ? [{ series: [4, 3], fill: band }] : [],
        x: count, xTicks: count, xFrom: 0, xTo: Math.max(1, ...calls), xWhole: true, y: inBytes ? bytes : count, yTicks: inBytes ? bytes : short, inBytes,
    };
}

export function GrowthPlot({ call }: { call: Call }) {
    const growth = useMemo(() => growthOf(call), [call]);
    const leaky = leaks(call.verdict);
    const plotted = useMemo(() => () => plottedOf(growth, leaky), [growth, leaky]);
    const what = growth.inBytes ? "bytes" : "things";
    const columns = ["calls", ...(leaky ? [`${what} leaked`, "rate x calls", ...(growth.exact ? [] : ["95% from", "to"])] : []),
        ...(growth.all ? [leaky ? `all ${what} live` : `${what} live`] : [])];
    return <Plot title={`Retained ${what} against calls`} said={said(call, growth)} columns={columns} plotted={plotted} />;
}

// Which calls still have survivors: what tells a leak from a cache.
import { useMemo } from "preact/hooks";
import uPlot from "uplot";
import { count, plural, rate, short } from "./format";
import { Plot, type Plotted } from "./plot";
import { leaks, type Call, type Site, type Verdict } from "./report";
import { colour } from "./theme";

const WHY: Record<Verdict, string> = {
    leak: "Early calls and late ones alike still have survivors: a cache would keep those of the first or of the last calls.",
    growing: "A few blocks that swell with the calls: what they hold is never taken out again.",
    "too-few-calls": "Too few calls: a cache that is not full yet looks the same as a leak.",
    warming: "Only the first calls left something, or ever fewer do: something fills up, then keeps its size.",
    "in-flight": "Only the last calls have survivors: they are not released yet.",
    "one-off": "A call or two left something, once.",
    bounded: "New survivors replace old ones: a cache that keeps its size.",
    clean: "Nothing is left.",
};

interface Ordinals {
    width: number;
    at: "end" | "teardown";
    survivors: number[];
    window: [number, number];
}

// The sites that the call's verdict is of, added up where they were counted alike.
export function ordinalsOf(call: Call): Ordinals | null {
    const telling = call.sites.filter((site) => leaks(site.verdict) === leaks(call.verdict));
    const first = telling[0]?.by_ordinal;
    if (!first) return null;
    const alike = telling.filter(({ by_ordinal: one }) =>
        one!.at === first.at && one!.width === first.width && one!.survivors.length === first.survivors.length);
    const survivors = first.survivors.map((_, i) => alike.reduce((sum, site) => sum + site.by_ordinal!.survivors[i], 0));
    return { ...first, survivors, window: telling[0].window! };
}

// The last bucket may be of fewer calls.
function callsIn(bucket: number, { width }: { width: number }, calls: number): number {
    return Math.max(1, Math.min(width, calls - bucket * width));
}

// The calls that the rate is of stand out from warm-up and tail.
function plottedOf(ordinals: Ordinals, call: Call): Plotted {
    const { width, survivors, window: [first, last] } = ordinals;
    const calls = (i: number) => callsIn(i, ordinals, call.count);
    const middles = survivors.map((_, i) => i * width + (calls(i) + 1) / 2);
    const each = survivors.map((value, i) => value / calls(i));
    const counted = (i: number) => leaks(call.verdict) && last > 0 && middles[i] >= first && middles[i] <= last;
    const tone = leaks(call.verdict) ? "bad" : "accent";
    const bars = (label: string, opacity: number): uPlot.Series => ({
        label, stroke: colour(tone), width: 0, fill: colour(tone, opacity), points: { show: false },
        paths: uPlot.paths.bars!({ size: [0.86, 60, 1] }),
        value: (_, value, __, i) => (value === null || i === null || i === undefined ? ""
            : `${rate(value)} (${count(survivors[i])} of ${plural(calls(i), "call")})`),
    });
    const all = !leaks(call.verdict);
    return {
        series: all ? [bars("survivors per call", 0.8)]
            : [bars("survivors per call", 0.85), bars("in warm-up and tail", 0.35)],
        data: all ? [middles, each]
            : [middles, each.map((value, i) => (counted(i) ? value : null)), each.map((value, i) => (counted(i) ? null : value))],
        x: (x) => {
            const i = middles.indexOf(x);
            return width === 1 || i < 0 ? count(x) : `${count(i * width + 1)}\u2013${count(i * width + calls(i))}`;
        },
        xTicks: count, xFrom: 0, xTo: call.count + 1, xWhole: true, y: rate, yTicks: short,
    };
}

export function OrdinalsPlot({ call }: { call: Call }) {
    const ordinals = useMemo(() => ordinalsOf(call), [call]);
    const plotted = useMemo(() => () => plottedOf(ordinals!, call), [ordinals, call]);
    if (!ordinals) return null;
    const [first, last] = ordinals.window;
    const when = ordinals.at === "teardown" ? " Seen before a teardown freed them." : "";
    const window = last && leaks(call.verdict) ? ` The rate is of calls ${count(first)} to ${count(last)}.` : "";
    return (
        <Plot title="Survivors by ordinal of the call" said={WHY[call.verdict] + when + window}
            columns={leaks(call.verdict) ? ["calls", "survivors per call", "in warm-up and tail"] : ["calls", "survivors per call"]} plotted={plotted} />
    );
}

// The same of one site, small.
export function Spark({ site, calls }: { site: Site; calls: number }) {
    const ordinals = site.by_ordinal;
    if (!ordinals) return null;
    const each = ordinals.survivors.map((value, i) => value / callsIn(i, ordinals, calls));
    const most = Math.max(...each) || 1;
    const step = 128 / each.length;
    return (
        <svg class={`spark ${leaks(site.verdict) ? "bad" : ""}`} viewBox="0 0 128 20" preserveAspectRatio="none" role="img"
            aria-label="Survivors by ordinal">
            {each.map((value, i) => value > 0 && (
                <rect key={i} x={i * step} width={Math.max(0.5, step - 0.4)} y={20 - (20 * value) / most} height={(20 * value) / most} />
            ))}
        </svg>
    );
}

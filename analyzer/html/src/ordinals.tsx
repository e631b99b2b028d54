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

// What lies before and after the calls that the rate is of, shaded.
function shade([first, last]: [number, number], calls: number) {
    return (plot: uPlot) => {
        const { ctx, bbox } = plot;
        ctx.save();
        ctx.fillStyle = colour("dim", 0.12);
        for (const [from, to] of [[0, first - 1], [last, calls]]) {
            const left = Math.max(bbox.left, plot.valToPos(from, "x", true));
            const right = Math.min(bbox.left + bbox.width, plot.valToPos(to, "x", true));
            if (last && right > left) ctx.fillRect(left, bbox.top, right - left, bbox.height);
        }
        ctx.restore();
    };
}

function plottedOf(ordinals: Ordinals, call: Call): Plotted {
    const { width, survivors, window } = ordinals;
    const middles = survivors.map((_, i) => i * width + (callsIn(i, ordinals, call.count) + 1) / 2);
    const bucket = (x: number) => Math.min(survivors.length - 1, Math.max(0, Math.floor((x - 0.5) / width)));
    const tone = colour(leaks(call.verdict) ? "bad" : "accent");
    return {
        series: [
            {
                label: "survivors per call", stroke: tone, width: 0, fill: colour(leaks(call.verdict) ? "bad" : "accent", 0.75),
                points: { show: false }, paths: uPlot.paths.bars!({ size: [0.86, 60, 1] }),
                value: (_, value, __, i) => (value === null || i === null || i === undefined ? "-"
                    : `${rate(value)} (${count(survivors[i])} of ${plural(callsIn(i, ordinals, call.count), "call")})`),
            },
        ],
        data: [middles, survivors.map((value, i) => value / callsIn(i, ordinals, call.count))],
        x: (x) => {
            const i = bucket(x);
            return width === 1 || !middles.includes(x) ? count(x)
                : `${count(i * width + 1)}\u2013${count(i * width + callsIn(i, ordinals, call.count))}`;
        },
        y: rate, yTicks: short,
        hooks: { drawClear: [shade(window, call.count)] },
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
            columns={["calls", "survivors per call"]} plotted={plotted} />
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

// The process's private bytes over time beside what the tracked resources account for.
import { useMemo } from "preact/hooks";
import { bytes, secondsTick } from "./format";
import { Plot, type Plotted } from "./plot";
import { report } from "./report";
import { colour } from "./theme";

// Both on the moments of either.
function aligned(): [number[], (number | null)[], (number | null)[]] {
    const { private_bytes: own, tracked_bytes: tracked } = report.memory;
    const moments = [...new Set([...own, ...tracked].map(([time]) => time))].sort((a, b) => a - b);
    const at = (series: [number, number][]) => {
        const values = new Map(series);
        return moments.map((time) => values.get(time) ?? null);
    };
    return [moments, at(own), at(tracked)];
}

export function MemoryView() {
    const data = useMemo(aligned, []);
    const plotted = useMemo(() => (): Plotted => ({
        series: [
            { label: "private bytes", stroke: colour("accent"), width: 2, fill: colour("accent", 0.08), spanGaps: true, points: { size: 4 } },
            { label: "tracked bytes", stroke: colour("bad"), width: 2, fill: colour("bad", 0.08), spanGaps: true, points: { size: 4 } },
        ],
        data, x: (value) => secondsTick(value, 0.000001), xTicks: secondsTick, y: bytes, yTicks: bytes, inBytes: true,
    }), [data]);
    if (!data[0].length) return null;
    const [first, ...more] = report.memory.sentences;
    return (
        <section class="panel" aria-labelledby="memory">
            <h2 id="memory">Memory of the process</h2>
            {more.map((sentence) => <p key={sentence}>{sentence}</p>)}
            <Plot title="Private bytes and tracked bytes over time" said={first ?? ""} columns={["time", "private bytes", "tracked bytes"]}
                plotted={plotted} height={210} />
        </section>
    );
}

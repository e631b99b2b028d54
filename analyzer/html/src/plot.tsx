// A plot with the page's colours and, for who can't see it, what it shows in words and in figures.
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import { colour, useTheme } from "./theme";

export interface Plotted {
    series: uPlot.Series[];
    bands?: uPlot.Band[];
    data: uPlot.AlignedData;
    x: (value: number) => string;
    y: (value: number) => string;
    yTicks: (value: number) => string;
    hooks?: uPlot.Hooks.Arrays;
}

interface Props {
    title: string;
    said: string; // what the plot shows, in a sentence
    columns: string[]; // of the figures: x, then one for each series
    plotted: (theme: string) => Plotted;
    height?: number;
}

function axis(ticks: (value: number) => string, size?: number): uPlot.Axis {
    return {
        stroke: colour("dim"),
        font: "11px system-ui, sans-serif",
        grid: { stroke: colour("line"), width: 1 },
        ticks: { stroke: colour("line"), width: 1, size: 4 },
        values: (_, splits) => splits.map((value) => (value === null ? "" : ticks(value))),
        ...(size ? { size } : {}),
    };
}

function draw(box: HTMLElement, { series, bands, data, x, y, yTicks, hooks }: Plotted, height: number): uPlot {
    const options: uPlot.Options = {
        width: box.clientWidth,
        height,
        series: [{ label: "at", value: (_, value) => (value === null ? "-" : x(value)) }, ...series.map((one) => ({
            value: (_: uPlot, value: number | null) => (value === null ? "-" : y(value)),
            ...one,
        }))],
        bands,
        scales: { x: { time: false }, y: { range: (_, low, high) => [Math.min(0, low), high > 0 ? high * 1.06 : 1] } },
        axes: [axis(x), axis(yTicks, 64)],
        cursor: { drag: { x: true, y: false }, points: { size: 6 } },
        legend: { live: true },
        hooks,
    };
    return new uPlot(options, data, box);
}

function Figures({ columns, plotted }: { columns: string[]; plotted: Plotted }) {
    const [xs, ...ys] = plotted.data;
    return (
        <details class="figures">
            <summary>Figures</summary>
            <div class="scroll" tabIndex={0} role="region" aria-label="Figures of the plot">
                <table>
                    <thead><tr>{columns.map((name) => <th key={name} scope="col">{name}</th>)}</tr></thead>
                    <tbody>
                        {Array.from(xs as number[], (value, row) => (
                            <tr key={row}>
                                <th scope="row">{plotted.x(value)}</th>
                                {ys.slice(0, columns.length - 1).map((y, i) => (
                                    <td key={i}>{y[row] === null || y[row] === undefined ? "-" : plotted.y(y[row] as number)}</td>
                                ))}
                            </tr>
                        ))}
                    </tbody>
                </table>
            </div>
        </details>
    );
}

export function Plot({ title, said, columns, plotted, height = 230 }: Props) {
    const box = useRef<HTMLDivElement>(null);
    const plot = useRef<uPlot>();
    const theme = useTheme();

    useLayoutEffect(() => {
        plot.current = draw(box.current!, plotted(theme), height);
        return () => plot.current!.destroy();
    }, [theme, plotted, height]);

    useEffect(() => {
        const observer = new ResizeObserver(() => {
            const width = box.current!.clientWidth;
            if (width && width !== plot.current!.width) plot.current!.setSize({ width, height });
        });
        observer.observe(box.current!);
        return () => observer.disconnect();
    }, [height]);

    return (
        <figure class="plot">
            <figcaption><b>{title}</b> <span>{said}</span></figcaption>
            <div ref={box} role="img" aria-label={`${title}: ${said}`} />
            <Figures columns={columns} plotted={plotted(theme)} />
        </figure>
    );
}

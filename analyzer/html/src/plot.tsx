// A plot with the page's colours and, for who can't see it, what it shows in words and in figures.
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import { colour, useTheme } from "./theme";

export interface Plotted {
    series: uPlot.Series[];
    bands?: uPlot.Band[];
    data: uPlot.AlignedData;
    x: (value: number) => string;
    xTicks: (value: number, apart: number) => string;
    xFrom?: number; // where the axis begins and ends; else as the data do
    xTo?: number;
    xWhole?: boolean; // ticks at whole numbers only
    y: (value: number) => string;
    yTicks: (value: number) => string;
    inBytes?: boolean; // of y: ticks at multiples of powers of two
}

interface Props {
    title: string;
    said: string; // what the plot shows, in a sentence
    columns: string[]; // of the figures: x, then one for each series
    plotted: (theme: string) => Plotted;
    height?: number;
}

const WHOLE = Array.from({ length: 45 }, (_, i) => [1, 2, 5][i % 3] * 10 ** Math.floor(i / 3));
const POWERS = Array.from({ length: 60 }, (_, power) => 2 ** power);

function axis(ticks: (value: number, apart: number) => string, size: number, incrs?: number[]): uPlot.Axis {
    return {
        size,
        ...(incrs ? { incrs } : {}),
        stroke: colour("dim"),
        font: "11px system-ui, sans-serif",
        grid: { stroke: colour("line"), width: 1 },
        ticks: { stroke: colour("line"), width: 1, size: 4 },
        values: (_, splits, __, ___, apart) => splits.map((value) => (value === null ? "" : ticks(value, apart))),
    };
}

function draw(box: HTMLElement, plotted: Plotted, height: number): uPlot {
    const { series, bands, data, x, xTicks, xFrom, xTo, xWhole, y, yTicks, inBytes } = plotted;
    const options: uPlot.Options = {
        width: box.clientWidth,
        height,
        series: [{ label: "at", value: (_, value) => (value === null ? "" : x(value)) }, ...series.map((one) => ({
            value: (_: uPlot, value: number | null) => (value === null ? "" : y(value)),
            ...one,
        }))],
        bands,
        scales: {
            x: { time: false, range: (_, low, high) => [xFrom ?? low, Math.max(xTo ?? high, (xFrom ?? low) + 1e-9)] },
            y: { range: (_, low, high) => [Math.min(0, low), high > 0 ? high * 1.06 : 1] },
        },
        axes: [axis(xTicks, 32, xWhole ? WHOLE : undefined), axis(yTicks, 64, inBytes ? POWERS : undefined)],
        cursor: { drag: { x: true, y: false }, points: { size: 6 } },
        legend: { live: true },
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

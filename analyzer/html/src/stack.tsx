// Stacks, innermost frame first, each place with its source where that could be read.
import { useState } from "preact/hooks";
import { plural } from "./format";
import { baseName, frameName, place, report, type Frame } from "./report";

const AROUND = 3;

// The lines around `line` that the report has.
function linesOf(frame: Frame): [number, string][] {
    const lines = frame.file && frame.line ? report.sources?.[frame.file] : undefined;
    if (!lines || lines[frame.line!] === undefined) return [];
    const shown: [number, string][] = [];
    for (let number = frame.line! - AROUND; number <= frame.line! + AROUND; number++)
        if (lines[number] !== undefined) shown.push([number, lines[number]]);
    return shown;
}

export function hasSource(frame: Frame): boolean {
    return linesOf(frame).length > 0;
}

// Indentation that all lines share takes room and says nothing.
function unindented(lines: [number, string][]): [number, string][] {
    const flat = lines.map(([number, text]): [number, string] => [number, text.replace(/\t/g, "    ")]);
    const least = Math.min(...flat.filter(([, text]) => text.trim()).map(([, text]) => text.search(/\S/)));
    return flat.map(([number, text]) => [number, text.slice(least)]);
}

export function Source({ frame }: { frame: Frame }) {
    const lines = linesOf(frame);
    if (!lines.length) return null;
    return (
        <pre class="source" aria-label={`Source at ${place(frame)}`} tabIndex={0}>
            {unindented(lines).map(([number, text]) => (
                <code key={number} class={number === frame.line ? "here" : ""} data-line={number}>{text || " "}{"\n"}</code>
            ))}
        </pre>
    );
}

function FrameLine({ frame }: { frame: Frame }) {
    return (
        <>
            <span class="function">{frameName(frame)}</span>
            {frame.inlined && <span class="inlined">inlined</span>}
            <span class="place" title={frame.file ?? frame.module ?? ""}>
                {place(frame) ?? (frame.module && frame.function ? baseName(frame.module) : "")}
            </span>
        </>
    );
}

export function FrameDetails({ frame, said }: { frame: Frame; said: string }) {
    return (
        <div class="frame-details">
            <p><FrameLine frame={frame} /> <span class="dim">{frame.module && baseName(frame.module)}</span> <b>{said}</b></p>
            <Source frame={frame} />
        </div>
    );
}

// `open`: the first frame that has source shows it at once.
export function Stack({ frames, cut, open = false, most = 8 }: { frames: Frame[]; cut?: boolean; open?: boolean; most?: number }) {
    const [all, setAll] = useState(false);
    const shown = all ? frames : frames.slice(0, most);
    const first = open ? frames.findIndex(hasSource) : -1;
    return (
        <ol class="stack">
            {shown.map((frame, i) => (
                <li key={i}>
                    {hasSource(frame) ? (
                        <details open={i === first}>
                            <summary><FrameLine frame={frame} /></summary>
                            <Source frame={frame} />
                        </details>
                    ) : <p><FrameLine frame={frame} /></p>}
                </li>
            ))}
            {shown.length < frames.length && (
                <li><button type="button" class="more" onClick={() => setAll(true)}>{plural(frames.length - shown.length, "outer frame")}</button></li>
            )}
            {cut && shown.length === frames.length && <li class="dim">the stack goes on, but was not recorded further</li>}
        </ol>
    );
}

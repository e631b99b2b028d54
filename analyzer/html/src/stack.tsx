// Stacks, innermost frame first, each place with its source where that could be read.
import { useState } from "preact/hooks";
import { plural } from "./format";
import { baseName, frameName, place, report, shortName, type Frame } from "./report";

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
            <span class="function" title={frameName(frame)}>{shortName(frameName(frame))}</span>
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

const HIDDEN_LEAST = 4;

interface Props {
    frames: Frame[];
    at?: number; // where a developer looks first: what lies within, but the innermost, is a library's own
    cut?: boolean;
    open?: boolean; // the first frame from there on that has source shows it at once
    most?: number;
}

export function Stack({ frames, at = 0, cut, open = false, most = 8 }: Props) {
    const [all, setAll] = useState(false);
    const [inner, setInner] = useState(false);
    const within = at - 1 < HIDDEN_LEAST ? 0 : at - 1;
    const hidden = inner ? 0 : within;
    const end = all ? frames.length : Math.min(frames.length, most + within);
    const first = open ? frames.findIndex((frame, i) => i >= at && hasSource(frame)) : -1;
    const line = (frame: Frame, i: number) => (
        <li key={i}>
            {hasSource(frame) ? (
                <details open={i === first}>
                    <summary><FrameLine frame={frame} /></summary>
                    <Source frame={frame} />
                </details>
            ) : <p><FrameLine frame={frame} /></p>}
        </li>
    );
    return (
        <ol class="stack">
            {frames.slice(0, hidden ? 1 : end).map(line)}
            {hidden > 0 && (
                <li><button type="button" class="more" onClick={() => setInner(true)}>{plural(hidden, "frame")} of the libraries' own</button></li>
            )}
            {hidden > 0 && frames.slice(at, end).map((frame, i) => line(frame, at + i))}
            {end < frames.length && (
                <li><button type="button" class="more" onClick={() => setAll(true)}>{plural(frames.length - end, "outer frame")}</button></li>
            )}
            {cut && end === frames.length && <li class="dim">the stack goes on, but was not recorded further</li>}
        </ol>
    );
}

// A flame graph that hangs from its root: a frame is as wide as what is acquired under it. Frames are
// buttons: a click or Enter zooms, arrows move.
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { hueOf, layOut, matched, matchesSearch, merge, type Node, type Stacked } from "./flame_tree";
import { plural } from "./format";
import { FrameDetails } from "./stack";
import { baseName, place, shortName } from "./report";

const ROW = 22; // pixels, as the style sheet has it
const NARROWEST = 0.0012; // part of the width below which nothing is drawn

interface Props {
    title: string;
    root: string;
    stacks: Stacked[];
    weight: (value: number) => string;
}

// Those in sight with `focus` as wide as the graph: its callers above it, what it leads to below.
function visible(focus: Node): { node: Node; left: number; width: number }[] {
    const wide = focus.x1 - focus.x0 || 1;
    const shown = focus.ancestors().reverse().map((node) => ({ node, left: 0, width: 1 }));
    let level = [focus];
    while (level.length) {
        level = level.flatMap((node) => node.children ?? []).filter((node) => (node.x1 - node.x0) / wide >= NARROWEST);
        for (const node of level)
            shown.push({ node, left: (node.x0 - focus.x0) / wide, width: (node.x1 - node.x0) / wide });
    }
    return shown;
}

// The frames that every stack begins with lead nowhere: but the last ones, they share a row until wanted.
interface Fold {
    from: number; // depths
    to: number;
}

function foldOf(tree: Node): Fold | null {
    let end = tree;
    while (end.children?.length === 1 && !end.data.own) end = end.children[0];
    return end.depth > 7 ? { from: 1, to: end.depth - 4 } : null;
}

function neighbour(node: Node, key: string): Node | null | undefined {
    const siblings = node.parent?.children ?? [];
    const at = siblings.indexOf(node);
    if (key === "ArrowDown") return node.children?.[0];
    if (key === "ArrowUp") return node.parent;
    if (key === "ArrowLeft") return siblings[at - 1];
    if (key === "ArrowRight") return siblings[at + 1];
    return null;
}

export function Flame({ title, root, stacks, weight }: Props) {
    const tree = useMemo(() => layOut(merge(root, stacks)), [root, stacks]);
    const [focus, setFocus] = useState(tree);
    const [current, setCurrent] = useState(tree);
    const [word, setWord] = useState("");
    const [fold, setFold] = useState(useMemo(() => foldOf(tree), [tree]));
    const wanted = useRef(false);
    const box = useRef<HTMLDivElement>(null);
    const frames = useMemo(() => visible(focus).filter(({ node }) => !fold || node.depth < fold.from || node.depth > fold.to), [focus, fold]);
    const rowOf = (node: Node) => (fold && node.depth > fold.to ? node.depth - fold.to + fold.from : node.depth);
    const search = word.trim().toLowerCase();
    const found = search ? matched(tree, search) : 0;
    const depth = 1 + frames.reduce((most, { node }) => Math.max(most, rowOf(node)), 0);
    const percent = (value: number) => `${+((100 * value) / (tree.value || 1)).toFixed(1)}%`;

    useEffect(() => {
        if (!wanted.current) return;
        wanted.current = false;
        box.current!.querySelector<HTMLElement>("[tabindex='0']")?.focus();
    });

    const zoom = (node: Node) => {
        setFocus(node);
        setCurrent(node);
    };
    const press = (event: KeyboardEvent) => {
        if (event.key === "Escape" && focus !== tree) zoom(tree);
        else {
            let to = event.key === "Home" ? tree : neighbour(current, event.key);
            while (to && fold && to.depth >= fold.from && to.depth <= fold.to) to = neighbour(to, event.key);
            if (!event.key.startsWith("Arrow") && event.key !== "Home") return;
            if (to && frames.some(({ node }) => node === to)) setCurrent(to);
        }
        wanted.current = true;
        event.preventDefault();
    };
    const label = (node: Node) =>
        [node.data.name, node.data.frame && place(node.data.frame), weight(node.value!), percent(node.value!)]
            .filter(Boolean).join(", ");

    return (
        <figure class="flame">
            <figcaption>
                <b>{title}</b>
                <span class="flame-tools">
                    {search && <span role="status">{found ? `${weight(found)}, ${percent(found)} of it` : "nothing"} matches</span>}
                    <input type="search" placeholder="Search frames" aria-label="Search frames by function, file or module"
                        value={word} onInput={(event) => setWord(event.currentTarget.value)} spellcheck={false} />
                    <button type="button" onClick={() => zoom(tree)} disabled={focus === tree}>Reset zoom</button>
                </span>
            </figcaption>
            <div class="flame-box" ref={box} onKeyDown={press}>
                <div class="flame-frames" style={{ height: `${depth * ROW}px` }}>
                    <div role="tree" aria-label={title}>
                    {frames.map(({ node, left, width }) => {
                        const hit = search && matchesSearch(node.data, search);
                        return (
                            <button key={id(node)} type="button" role="treeitem" aria-level={node.depth + 1} aria-label={label(node)}
                                aria-selected={node === current && node !== tree} tabIndex={node === current ? 0 : -1} title={label(node)}
                                class={`frame${search ? (hit ? " hit" : " miss") : ""}${node.depth < focus.depth ? " outer" : ""}`}
                                style={{ left: `${100 * left}%`, width: `${100 * width}%`, top: `${rowOf(node) * ROW}px`, "--hue": hueOf(node.data.frame) }}
                                onClick={() => zoom(node)} onFocus={() => setCurrent(node)}>
                                {width > 0.012 && <span>{node.data.frame ? shortName(node.data.name) : node.data.name}</span>}
                            </button>
                        );
                    })}
                    </div>
                    {fold && (
                        <button type="button" class="frame folded" style={{ top: `${fold.from * ROW}px` }} onClick={() => setFold(null)}>
                            <span>{"\u2026"} {plural(fold.to - fold.from + 1, "frame")} that all stacks begin with</span>
                        </button>
                    )}
                </div>
            </div>
            <div class="flame-said" aria-live="polite">
                {current.data.frame
                    ? <FrameDetails frame={current.data.frame} said={`${weight(current.value!)}, ${percent(current.value!)} of ${root}`} />
                    : <p class="dim">{weight(tree.value!)} in all. Click a frame to zoom and to see its source; arrows move, Enter zooms, Escape goes back.</p>}
            </div>
            <Legend tree={tree} />
        </figure>
    );
}

const ids = new WeakMap<Node, number>();
let last = 0;
function id(node: Node): number {
    let known = ids.get(node);
    if (!known) ids.set(node, (known = ++last));
    return known;
}

// Which colour is which module, most frames first.
function Legend({ tree }: { tree: Node }) {
    const modules = useMemo(() => {
        const hues = new Map<string, { hue: number; frames: number }>();
        tree.each(({ data: { frame } }) => {
            if (!frame?.module) return;
            const known = hues.get(baseName(frame.module)) ?? { hue: hueOf(frame), frames: 0 };
            known.frames++;
            hues.set(baseName(frame.module), known);
        });
        return [...hues].sort((a, b) => b[1].frames - a[1].frames).slice(0, 8);
    }, [tree]);
    return (
        <ul class="legend" aria-label="Colours of modules">
            {modules.map(([name, { hue }]) => <li key={name}><i style={{ "--hue": hue }} />{name}</li>)}
        </ul>
    );
}

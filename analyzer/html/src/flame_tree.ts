// Stacks merged into a tree, outermost frame first, weighted.
import { hierarchy, partition, type HierarchyRectangularNode } from "d3-hierarchy";
import { baseName, frameName, type Frame } from "./report";

export interface Stacked {
    stack: Frame[]; // innermost first
    weight: number;
}

export interface Merged {
    name: string;
    frame: Frame | null; // of the root none
    own: number; // weight of the stacks that end here
    children: Merged[];
}

export type Node = HierarchyRectangularNode<Merged>;

export function merge(name: string, stacks: Stacked[]): Merged {
    const root: Merged = { name, frame: null, own: 0, children: [] };
    const children = new Map<Merged, Map<string, Merged>>();
    for (const { stack, weight } of [...stacks].sort((a, b) => b.weight - a.weight)) {
        let at = root;
        for (let i = stack.length - 1; i >= 0; i--) {
            const frame = stack[i];
            const key = `${frame.module} ${frame.function ?? frame.offset}`; // whichever line: the heaviest came first
            let known = children.get(at);
            if (!known) children.set(at, (known = new Map()));
            let next = known.get(key);
            if (!next) {
                next = { name: frameName(frame), frame, own: 0, children: [] };
                known.set(key, next);
                at.children.push(next);
            }
            at = next;
        }
        at.own += weight;
    }
    return root;
}

// x0 to x1 of each node is its part of 0 to 1.
export function layOut(root: Merged): Node {
    const nodes = hierarchy(root, (node) => node.children)
        .sum((node) => node.own)
        .sort((a, b) => b.value! - a.value! || (a.data.name < b.data.name ? -1 : 1));
    return partition<Merged>()(nodes);
}

export function matchesSearch(node: Merged, word: string): boolean {
    const { frame } = node;
    return [node.name, frame?.file ?? "", frame?.module ? baseName(frame.module) : ""].some((text) =>
        text.toLowerCase().includes(word),
    );
}

// What part of the whole is in frames that match, counting none within another twice.
export function matched(node: Node, word: string): number {
    if (matchesSearch(node.data, word)) return node.value!;
    return (node.children ?? []).reduce((sum, child) => sum + matched(child, word), 0);
}

const hues = new Map<string, number>();

// A hue for each module, the same wherever it occurs, as far from the ones before as can be.
export function hueOf(frame: Frame | null): number {
    const name = frame?.module ? baseName(frame.module) : "";
    let hue = hues.get(name);
    if (hue === undefined) hues.set(name, (hue = Math.round(212 + 137.5 * hues.size) % 360));
    return hue;
}

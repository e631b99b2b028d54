// The report as analyzer/report_json.c writes it, and what is read off it in more than one place.

export type Verdict =
    | "leak" | "growing" | "too-few-calls" | "warming" | "in-flight" | "one-off" | "bounded" | "clean";

export interface Frame {
    module: string | null;
    offset: number;
    function: string | null;
    file: string | null;
    line: number | null;
    inlined: boolean;
}

export interface Site {
    verdict?: Verdict; // none outside of calls
    resource: string;
    bytes_per_call?: number;
    ci95?: [number, number];
    per_call?: number;
    per_call_ci95?: [number, number];
    exact?: boolean;
    growth?: string;
    survivors: number;
    bytes: number;
    window?: [number, number];
    by_ordinal?: { at: "end" | "teardown"; width: number; survivors: number[] };
    stack: Frame[];
    place?: number; // the frame where a developer looks first; none without a stack
    stack_cut: boolean;
}

export interface Retained {
    calls: number[];
    bytes: number[];
    things: number[];
    leaking_bytes: number[];
    leaking_things: number[];
}

export interface Call {
    name: string;
    path: string[];
    count: number;
    finished: number;
    verdict: Verdict;
    bytes_per_call: number;
    ci95: [number, number];
    exact: boolean;
    inclusive_bytes_per_call: number;
    observed_bytes_per_call: number;
    survivors: number;
    bytes: number;
    blocks_per_call: number;
    critical_sections_per_call: number;
    private_heaps_per_call: number;
    module_references_per_call: number;
    interface_references_per_call: number;
    things_per_call: Record<string, number>;
    retained: Retained;
    kept_alive_by?: string | null;
    sites: Site[];
    sites_left_out?: number;
}

// Findings have more keys than these, each kind its own: they are shown as they are.
export interface Finding {
    kind: string;
    call: string | null;
    path: string[];
    count: number;
    per: string | null;
    per_call: number;
    bytes_per_call: number;
    message: string;
    stacks: FindingStack[];
    [key: string]: unknown;
}

export interface FindingStack {
    role: string;
    count: number;
    stack: Frame[];
    place?: number;
}

export interface Budget {
    text: string;
    most: number;
    open: number;
    per_call: number;
    call: string | null;
    calls_left: number;
}

// Where the process died.
export interface Fault {
    code: number;
    address: number;
    thread: number;
    stack?: Frame[];
    place?: number;
}

export interface Report {
    residue: string;
    summary: { sentence: string; tone: "bad" | "unsure" | "good"; executions: number; seconds: number | null };
    program: {
        path: string;
        arguments: string[];
        pid: number;
        arch: string | null;
        os: string | null;
        exit: { kind: "exited" | "signaled" | "running"; status: number | null; fault?: Fault | null };
        complete: boolean;
        trouble: string | null;
        missed: number;
        unwatched: number;
        verified_stacks?: number;
        different_stacks?: number;
        forked: boolean;
        replaced: boolean;
    };
    calls: Call[];
    calls_left_out?: number;
    outside: { survivors: number; bytes: number; sites: Site[]; sites_left_out?: number };
    findings: Finding[];
    budgets?: Budget[];
    memory: { private_bytes: [number, number][]; tracked_bytes: [number, number][]; sentences: string[] };
    symbols: string[];
    sources?: Record<string, Record<string, string>>;
}

// In the page frames are written once, and stacks as their numbers.
function withStacks(value: unknown, frames: Frame[]): void {
    if (typeof value !== "object" || value === null) return;
    for (const [key, inner] of Object.entries(value)) {
        if (key === "stack" && Array.isArray(inner)) (value as { stack: Frame[] }).stack = inner.map((number) => frames[number]);
        else if (!Array.isArray(inner) || typeof inner[0] === "object") withStacks(inner, frames);
    }
}

export const report: Report = JSON.parse(document.getElementById("report")!.textContent!);
for (const part of [report.calls, report.outside, report.findings, report.program])
    withStacks(part, (report as unknown as { frames: Frame[] }).frames);

export const VERDICTS: Verdict[] = [
    "leak", "growing", "too-few-calls", "warming", "in-flight", "one-off", "bounded", "clean",
];

export function leaks(verdict: Verdict | undefined): boolean {
    return verdict === "leak" || verdict === "growing";
}

// Things per call that the verdict is of, by kind, most first.
export function thingsOf(call: Call): { kind: string; rate: number }[] {
    const named: [string, number][] = [
        ["block", call.blocks_per_call],
        ["critical section", call.critical_sections_per_call],
        ["private heap", call.private_heaps_per_call],
        ["module reference", call.module_references_per_call],
        ["interface reference", call.interface_references_per_call],
        ...Object.entries(call.things_per_call),
    ];
    return named
        .filter(([, rate]) => rate > 0)
        .sort((a, b) => b[1] - a[1])
        .map(([kind, rate]) => ({ kind, rate }));
}

export function thingRate(call: Call): number {
    return thingsOf(call).reduce((sum, { rate }) => sum + rate, 0);
}

const byCall = new Map<string, Finding[]>();
for (const finding of report.findings) {
    if (finding.call === null) continue;
    const key = JSON.stringify([finding.path ?? [], finding.call]);
    byCall.set(key, [...(byCall.get(key) ?? []), finding]);
}

export function findingsOf(call: Call): Finding[] {
    return byCall.get(JSON.stringify([call.path, call.name])) ?? [];
}

// The part of a path that people look at.
export function baseName(path: string): string {
    return path.slice(Math.max(path.lastIndexOf("/"), path.lastIndexOf("\\")) + 1);
}

// What all of the program's source files that can be shown have in front is not worth the room.
const shared = ((): string => {
    const files = Object.keys(report.sources ?? {}).filter((file) => !file.startsWith("/usr/"));
    if (!files.length) return "";
    let common = files[0].slice(0, files[0].lastIndexOf("/") + 1);
    while (common && !files.every((file) => file.startsWith(common)))
        common = common.slice(0, common.lastIndexOf("/", common.length - 2) + 1);
    const parent = common.lastIndexOf("/", common.length - 2);
    return parent > 0 ? common.slice(0, parent + 1) : common.length > 1 ? common : "";
})();

export function shortFile(file: string): string {
    return shared && file.startsWith(shared) ? file.slice(shared.length) : file;
}

export function place(frame: Frame): string | null {
    return frame.file && shortFile(frame.file) + (frame.line ? `:${frame.line}` : "");
}

// What stands between outermost brackets is left out.
function emptied(name: string, open: string, close: string): string {
    let short = "";
    for (let at = 0, depth = 0; at < name.length; at++) {
        const whole = /^(\(anonymous namespace\)|operator(<=>|<<=|>>=|->\*?|<<|>>|<=|>=|<|>|\(\)))/.exec(name.slice(at, at + 24))?.[0];
        if (whole) {
            if (!depth) short += whole;
            at += whole.length - 1;
        } else if (name[at] === open) short += depth++ ? "" : `${open}\u2026`;
        else if (name[at] === close && depth) short += --depth ? "" : close;
        else if (!depth) short += name[at];
    }
    return short;
}

// A function's name as long as it can be read at a glance: without its types, then its parameters.
export function shortName(name: string, most = 80): string {
    if (name.length <= most) return name;
    const typeless = emptied(name, "<", ">");
    return typeless.length <= most ? typeless : emptied(typeless, "(", ")");
}

export function frameName(frame: Frame): string {
    if (frame.function) return frame.function;
    const offset = `0x${frame.offset.toString(16)}`;
    return frame.module ? `${baseName(frame.module)}+${offset}` : offset;
}

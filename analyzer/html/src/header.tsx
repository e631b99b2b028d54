// The verdict, and which run it is about.
import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { count, plural, seconds } from "./format";
import { report } from "./report";
import { chooseTheme, themeChoice, type Choice } from "./theme";

function ThemeSwitch() {
    const [choice, setChoice] = useState(themeChoice());
    const pick = (next: Choice) => {
        chooseTheme(next);
        setChoice(next);
    };
    return (
        <div class="themes" role="radiogroup" aria-label="Theme">
            {(["auto", "light", "dark"] as const).map((name) => (
                <label key={name} class={choice === name ? "on" : ""}>
                    <input type="radio" name="theme" value={name} checked={choice === name} onChange={() => pick(name)} />
                    {name}
                </label>
            ))}
        </div>
    );
}

function ending(): string {
    const { exit, replaced } = report.program;
    if (replaced) return "became another program";
    if (exit.kind === "running") return "no end seen";
    return exit.kind === "signaled" ? `killed by signal ${exit.status}` : `exit status ${exit.status}`;
}

// What makes every figure below doubtful.
function caveats(): string[] {
    const { program, symbols } = report;
    const said: string[] = [];
    if (program.trouble) said.push(`Recording stopped early: ${program.trouble}.`);
    else if (!program.complete) said.push("The recording is not complete: what there is was read.");
    if (program.missed) said.push(`${plural(program.missed, "acquisition")} could not be recorded.`);
    if (program.unwatched)
        said.push(
            `${count(program.unwatched)} imports were not watched: more functions match than the shim has thunks for. ` +
                "Name fewer with --watch.",
        );
    if (program.verified_stacks)
        said.push(
            `${plural(program.verified_stacks, "recognised stack")} unwound again in full: ` +
                `${program.different_stacks ? count(program.different_stacks) : "none was"} different.`,
        );
    if (program.forked) said.push("A child of fork: what its parent held is not listed here.");
    return said.concat(symbols.map((problem) => `Symbols of ${problem}.`));
}

function Fact({ name, children }: { name: string; children: ComponentChildren }) {
    return (
        <div>
            <dt>{name}</dt>
            <dd>{children}</dd>
        </div>
    );
}

export function Header({ skip }: { skip: () => void }) {
    const { program, summary, calls } = report;
    const command = program.arguments.length ? program.arguments.join(" ") : program.path;
    const doubts = caveats();
    return (
        <header>
            {calls.length > 0 && (
                <a class="skip" href="#chosen" onClick={(event) => { event.preventDefault(); skip(); }}>Skip to the chosen call</a>
            )}
            <div class="bar">
                <span class="brand">Residue</span>
                <code class="command" title={program.path}>{command}</code>
                <ThemeSwitch />
            </div>
            <h1 class={`verdict ${summary.tone}`}>{summary.sentence}</h1>
            <dl class="facts">
                <Fact name="process">{program.pid}</Fact>
                {program.os && <Fact name="system">{program.os} {program.arch}</Fact>}
                {summary.seconds !== null && <Fact name="ran for">{seconds(summary.seconds)}</Fact>}
                <Fact name="ended">{ending()}</Fact>
                <Fact name="call paths">{count(calls.length)}</Fact>
                <Fact name="executions">{count(summary.executions)}</Fact>
                <Fact name="findings">{count(report.findings.length)}</Fact>
            </dl>
            {doubts.length > 0 && <ul class="doubts">{doubts.map((doubt) => <li key={doubt}>{doubt}</li>)}</ul>}
        </header>
    );
}

import { useEffect, useRef } from "preact/hooks";
import { BudgetsView } from "./budgets";
import { CallView } from "./call";
import { CallsTable } from "./calls_table";
import { FaultView } from "./fault";
import { FindingView } from "./findings";
import { plural } from "./format";
import { Header } from "./header";
import { useChosen } from "./location";
import { MemoryView } from "./memory";
import { OutsideView } from "./outside";
import { report } from "./report";

export function App() {
    const [chosen, choose] = useChosen();
    const view = useRef<HTMLElement>(null);
    const call = report.calls[chosen];
    const elsewhere = report.findings.filter((finding) => finding.call === null);

    useEffect(() => {
        document.title = `${call ? `${call.name} - ` : ""}Residue report`;
    }, [call]);

    return (
        <>
            <Header skip={() => view.current?.focus()} />
            <main>
                {report.calls.length > 0 && (
                    <CallsTable chosen={chosen} choose={choose} open={() => view.current?.focus()} />
                )}
                {call && (
                    <section id="chosen" class="chosen" ref={view} tabIndex={-1} aria-label={`Call ${call.name}`}>
                        <CallView key={chosen} call={call} />
                    </section>
                )}
                {elsewhere.length > 0 && (
                    <section class="panel" aria-labelledby="elsewhere">
                        <h2 id="elsewhere">{plural(elsewhere.length, "finding")} outside of watched calls</h2>
                        {elsewhere.map((finding, index) => <FindingView key={index} finding={finding} />)}
                    </section>
                )}
                <FaultView />
                <BudgetsView />
                <MemoryView />
                <OutsideView />
            </main>
            <footer>Residue {report.residue}</footer>
        </>
    );
}

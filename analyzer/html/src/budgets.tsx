// Limits that a server sets, beside what the calls leave open.
import { count, plural, rate } from "./format";
import { report } from "./report";

export function BudgetsView() {
    const { budgets } = report;
    if (!budgets?.length) return null;
    return (
        <section class="panel" aria-labelledby="budgets">
            <h2 id="budgets">Limits of the server</h2>
            <div class="wide" tabIndex={0} role="region" aria-label="Table of limits"><table class="events">
                <thead>
                    <tr>
                        <th scope="col">What</th>
                        <th scope="col" class="number">At most</th>
                        <th scope="col" class="number">Open at the end</th>
                        <th scope="col" class="number">Per call</th>
                        <th scope="col">Call</th>
                        <th scope="col">Reached</th>
                    </tr>
                </thead>
                <tbody>
                    {budgets.map((budget, i) => (
                        <tr key={i} class={budget.open >= budget.most ? "wrong" : ""}>
                            <th scope="row">{budget.text}</th>
                            <td class="number">{count(budget.most)}</td>
                            <td class="number">{count(budget.open)}</td>
                            <td class="number">{rate(budget.per_call)}</td>
                            <td>{budget.call}</td>
                            <td>{budget.open >= budget.most ? "already" : `after ${plural(budget.calls_left, "more call")}`}</td>
                        </tr>
                    ))}
                </tbody>
            </table></div>
        </section>
    );
}

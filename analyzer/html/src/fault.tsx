// Where the process died.
import { report } from "./report";
import { Stack } from "./stack";

export function FaultView() {
    const { fault, status } = report.program.exit;
    if (!fault) return null;
    return (
        <section class="panel" aria-labelledby="fault">
            <h2 id="fault">Where it died</h2>
            <p>
                {report.program.os === "windows" ? `Exception 0x${fault.code.toString(16)}` : `Signal ${status ?? fault.code}`} at
                address 0x{fault.address.toString(16)}, thread {fault.thread}.
            </p>
            {fault.stack && <Stack frames={fault.stack} at={fault.place} open />}
        </section>
    );
}

import { options, render } from "preact";
import { App } from "./app";
import { printTheme } from "./theme";

// What is printed is drawn before the browser goes on.
addEventListener("beforeprint", () => {
    options.debounceRendering = (draw) => draw();
    dispatchEvent(new CustomEvent("residue-print", { detail: true }));
    printTheme(true);
});
addEventListener("afterprint", () => {
    options.debounceRendering = undefined;
    dispatchEvent(new CustomEvent("residue-print", { detail: false }));
    printTheme(false);
});

render(<App />, document.getElementById("app")!);

// node picture.mjs PAGE PICTURE: what the README shows, in both themes side by side.
import { writeFileSync } from "node:fs";
import { open } from "./browser.mjs";

const [file, picture] = process.argv.slice(2);
const WIDTH = 1180, HEIGHT = 1290;
const shots = [];
for (const colorScheme of ["light", "dark"]) {
    const view = await open(file, { colorScheme, viewport: { width: WIDTH, height: HEIGHT } });
    await view.page.waitForTimeout(300);
    shots.push(await view.page.screenshot({ clip: { x: 0, y: 0, width: WIDTH, height: HEIGHT } }));
    await view.close();
}
// One half of each, parted by a slant.
const view = await open(file, { bypassCSP: true, viewport: { width: WIDTH, height: HEIGHT } });
const data = await view.page.evaluate(async ([shots, width, height]) => {
    const canvas = Object.assign(document.createElement("canvas"), { width, height });
    const context = canvas.getContext("2d");
    for (const [i, shot] of shots.entries()) {
        const image = new Image();
        image.src = `data:image/png;base64,${shot}`;
        await image.decode();
        if (i) {
            context.beginPath();
            context.moveTo(width * 0.62, 0);
            context.lineTo(width, 0);
            context.lineTo(width, height);
            context.lineTo(width * 0.38, height);
            context.clip();
        }
        context.drawImage(image, 0, 0);
    }
    return canvas.toDataURL("image/png").split(",")[1];
}, [shots.map((shot) => shot.toString("base64")), WIDTH, HEIGHT]);
writeFileSync(picture, Buffer.from(data, "base64"));
await view.close();

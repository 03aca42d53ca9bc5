// A copy button on every block of code: without the prompts and the output of a terminal.
const commands = text => {
  const lines = text.split("\n"), found = [];
  let open = false;  // a command goes on after a backslash
  for (const line of lines) {
    if (line.startsWith("$ ") || open) {
      found.push(line.replace(/^\$ /, ""));
      open = line.endsWith("\\");
    }
  }
  return found.length ? found.join("\n") + "\n" : text;
};
addEventListener("DOMContentLoaded", () => {
  for (const block of document.querySelectorAll("div.highlight")) {
    const code = block.querySelector("pre");
    const button = document.createElement("button");
    button.type = "button";
    button.className = "copy";
    button.textContent = "Copy";
    button.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(commands(code.textContent));
        button.textContent = "Copied";
      } catch {
        getSelection().selectAllChildren(code);
        button.textContent = "Selected";
      }
      setTimeout(() => { button.textContent = "Copy"; }, 1600);
    });
    block.append(button);
  }
});

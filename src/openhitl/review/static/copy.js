// Buttons that copy what stands beside them. Where that is not allowed it is marked, to be copied by hand.

for (const button of document.querySelectorAll("[data-copy]")) {
  const shown = button.previousElementSibling;
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(shown.textContent);
      button.textContent = button.dataset.copied;
    } catch {
      getSelection().selectAllChildren(shown);
    }
  });
}

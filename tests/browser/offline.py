"""What a page with a service worker can be asked."""

#: Evaluates to the bodies of the answers that wait for a connection.
KEPT = """() => new Promise((resolve) => {
  const opening = indexedDB.open("openhitl-answers", 1);
  opening.onsuccess = () => {
    const reading = opening.result.transaction("answers").objectStore("answers").getAll();
    reading.onsuccess = () => {
      opening.result.close();
      resolve(reading.result.map(({ body }) => body));
    };
  };
})"""
#: Evaluates once a service worker looks after the page.
CONTROLLED = """() => navigator.serviceWorker.controller !== null || new Promise((resolve) => {
  navigator.serviceWorker.addEventListener("controllerchange", () => resolve(true));
})"""
#: Evaluates once that worker is active: before, nothing is delivered to it.
ACTIVE = """() => new Promise((resolve) => {
  const { serviceWorker } = navigator;
  const look = () => {
    const worker = serviceWorker.controller;
    if (worker?.state === "activated") resolve(true);
    else worker?.addEventListener("statechange", look);
  };
  serviceWorker.addEventListener("controllerchange", look);
  look();
})"""

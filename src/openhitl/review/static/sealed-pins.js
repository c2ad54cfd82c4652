// What this browser remembers between visits: agents' keys, and how far drafts had got. A key that changes
// is noticed because the first one is kept here and not with the server.

const KINDS = ["agents", "drafts"];
let opening;

function open() {
  opening ??= new Promise((resolve, reject) => {
    const request = indexedDB.open("openhitl-pins", 1);
    request.onupgradeneeded = () => KINDS.forEach((name) => request.result.createObjectStore(name, { keyPath: "id" }));
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
  return opening;
}

async function run(kind, mode, act) {
  const database = await open();
  return new Promise((resolve, reject) => {
    const transaction = database.transaction(kind, mode);
    const request = act(transaction.objectStore(kind));
    transaction.oncomplete = () => resolve(request.result);
    transaction.onabort = () => reject(transaction.error);
  });
}

export const allPinned = (kind) => run(kind, "readonly", (store) => store.getAll());
export const pinned = (kind, id) => run(kind, "readonly", (store) => store.get(id));
export const pin = (kind, record) => run(kind, "readwrite", (store) => store.put(record));

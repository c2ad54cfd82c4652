// Tries again while something waits, twice as late each time: a browser calls itself online before anybody
// can be reached.

const FIRST = 1e3;
const LONGEST = 6e4;

// Returns what is told, as often as somebody knows it, whether something waits. Being told moves no try.
export function retrying(attempt) {
  let pause = FIRST;
  let timer = 0;
  const restart = () => {
    clearTimeout(timer);
    timer = 0;
    pause = FIRST;
  };
  addEventListener("online", restart);
  return (waits) => {
    if (!waits) return restart();
    if (!timer && navigator.onLine)
      timer = setTimeout(() => {
        timer = 0;
        pause = Math.min(2 * pause, LONGEST);
        attempt();
      }, pause);
  };
}

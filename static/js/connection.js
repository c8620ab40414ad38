// Until the hub's next try the seconds are counted down; when they are over, the hub says how it went.

function left(until) {
  const seconds = Math.max(0, Math.round(until - Date.now() / 1000));
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor((seconds % 3600) / 60)];
  const two = (number) => String(number).padStart(2, "0");
  return hours ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
}

setInterval(() => {
  for (const element of document.querySelectorAll(".countdown")) {
    element.textContent = left(Number(element.dataset.until));
  }
}, 1000);

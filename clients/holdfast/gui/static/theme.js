// Before anything is drawn: dark or light, as it was chosen last; the system's choice otherwise.
const kept = localStorage.getItem('theme');
if (kept) document.documentElement.dataset.theme = kept;
addEventListener('click', ({ target }) => {
  if (!target.closest?.('#theme')) return;
  const dark = document.documentElement.dataset.theme ?? (matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light');
  const next = dark === 'dark' ? 'light' : 'dark';
  document.documentElement.dataset.theme = next;
  localStorage.setItem('theme', next);
});

// Sets the colour scheme and the language of the document before the first paint.
(() => {
  const root = document.documentElement;
  let theme = null;
  let language = null;
  try {
    theme = localStorage.getItem('tocsin.theme');
    language = localStorage.getItem('tocsin.language');
  } catch {
    // storage can be switched off: the system's choice is used
  }
  const dark = theme === 'dark' || (theme !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches);
  root.setAttribute('data-mantine-color-scheme', dark ? 'dark' : 'light');
  if (language === 'ro' || language === 'en') root.lang = language;
})();

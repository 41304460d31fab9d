// The texts of the app: one catalogue a language, loaded when it is needed.
import { createInstance, type i18n as I18n } from 'i18next';
import { initReactI18next } from 'react-i18next';
import { formatDuration, formatNumber, formatPercent } from '../lib/format';

export const languages = ['en', 'ro'] as const;
export type Language = (typeof languages)[number];

const catalogues: Record<Language, () => Promise<{ default: object }>> = {
  en: () => import('./locales/en.json'),
  ro: () => import('./locales/ro.json'),
};

export async function loadLanguage(i18n: I18n, language: Language): Promise<void> {
  if (!i18n.hasResourceBundle(language, 'translation')) {
    const catalogue = await catalogues[language]();
    i18n.addResourceBundle(language, 'translation', catalogue.default);
  }
  await i18n.changeLanguage(language);
  document.documentElement.lang = language;
}

export async function startI18n(language: Language): Promise<I18n> {
  const i18n = createInstance();
  await i18n.use(initReactI18next).init({
    lng: language,
    fallbackLng: false,
    supportedLngs: languages,
    resources: {},
    nsSeparator: false,
    // React escapes; nothing is ever put into the page as HTML
    interpolation: { escapeValue: false, skipOnVariables: true },
    missingInterpolationHandler: () => '–',
    returnNull: false,
    react: { useSuspense: false },
  });
  const numeric = (name: string, format: (value: number, language: string) => string) =>
    i18n.services.formatter?.add(name, (value: unknown, lng) =>
      typeof value === 'number' ? format(value, lng ?? language) : String(value),
    );
  numeric('number', formatNumber);
  numeric('percent', formatPercent);
  numeric('duration', formatDuration);
  await loadLanguage(i18n, language);
  return i18n;
}

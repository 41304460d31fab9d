import { useTranslation } from 'react-i18next';
import { neutralise } from '../lib/hostile-text';

/** Gives the function that names an anomaly type; a type without a text keeps its own name. */
export function useTypeName(): (type: string) => string {
  const { t, i18n } = useTranslation();
  return (type) =>
    i18n.exists(`anomaly.${type}.name`)
      ? t(`anomaly.${type}.name` as 'anomaly.brute_force_attack.name')
      : neutralise(type);
}

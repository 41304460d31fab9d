// What a page gives away as files, caught before the browser would ask where to put them.
import { notifications } from '@mantine/notifications';
import { afterEach, beforeEach, vi } from 'vitest';

/** Empty before each test; has each file that was saved since, under its name. */
export function savedFiles(): { name: string; file: Blob }[] {
  const saved: { name: string; file: Blob }[] = [];
  beforeEach(() => {
    saved.length = 0;
    notifications.clean();
    const files: Blob[] = [];
    URL.createObjectURL = (blob) => `blob:${files.push(blob as Blob) - 1}`;
    URL.revokeObjectURL = () => {};
    vi.spyOn(HTMLAnchorElement.prototype, 'click').mockImplementation(function (this: HTMLAnchorElement) {
      const file = files[Number(this.href.slice('blob:'.length))];
      if (this.download && file) saved.push({ name: this.download, file });
    });
  });
  afterEach(() => vi.restoreAllMocks());
  return saved;
}

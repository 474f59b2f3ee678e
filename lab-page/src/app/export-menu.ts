/** The menu that takes what is shown out of the page, and brings files into it. */
import { html, type TemplateResult } from 'lit';
import type { LabRecord } from '../../../src/lab/document.ts';
import { formatList } from '../text/text.ts';
import { layoutTimeline, toSvg } from '../timeline/index.ts';
import { commandsOf } from './command.ts';
import {
  csvFile,
  fileName,
  IMPORT_MAX,
  jsonFile,
  perfettoFile,
  recordIn,
  save,
} from './downloads.ts';
import { Panel } from './panel.ts';

const FORMATS = ['svg', 'png', 'json', 'csv', 'perfetto'] as const;
type Format = (typeof FORMATS)[number];

const ENDINGS: Readonly<Record<Format, string>> = {
  svg: '.svg',
  png: '.png',
  json: '.json',
  csv: '.csv',
  perfetto: '.pftrace',
};

const PICTURE_WIDTH = 1_280;
/** Pixels of a PNG for each of the picture's own. */
const DENSITY = 2;

export class LabExport extends Panel {
  protected override render(): TemplateResult {
    const isEmpty = this.session.record === null;
    return html`<details class="menu" @keydown=${this.#escape}>
      <summary data-action="export">${this.t('control.export')}</summary>
      <div class="items" role="group" aria-label=${this.t('export.title')}>
        ${FORMATS.map(
          (format) => html`<button
            type="button"
            data-export=${format}
            ?disabled=${isEmpty}
            @click=${() => void this.#export(format)}
          >
            ${this.t(`export.${format}`)}
          </button>`,
        )}
        <button type="button" data-export="command" ?disabled=${isEmpty} @click=${this.#command}>
          ${this.t('export.command')}
        </button>
        <button type="button" data-action="import" @click=${this.#choose}>
          ${this.t('export.import')}
        </button>
        <input
          type="file"
          id="import-file"
          hidden
          accept=".json,application/json"
          aria-label=${this.t('export.import')}
          @change=${this.#import}
        />
      </div>
    </details>`;
  }

  readonly #escape = (event: KeyboardEvent): void => {
    if (event.key !== 'Escape') return;
    this.#close();
    this.querySelector('summary')?.focus();
  };

  #close(): void {
    this.querySelector('details')?.removeAttribute('open');
  }

  async #export(format: Format): Promise<void> {
    const { session } = this;
    const { record } = session;
    this.#close();
    if (record === null) return;
    if (format === 'perfetto' && record.runs.length > 1) {
      this.#exportEach(record);
      return;
    }
    const file = fileName(record, ENDINGS[format]);
    const data = await this.#data(format);
    if (typeof data === 'string') {
      session.say('status.notExported', { reason: data }, true);
      return;
    }
    save(file, data);
    session.say('status.exported', { file });
  }

  /** A trace of Perfetto holds one run: each has a clock of its own. */
  #exportEach(record: LabRecord): void {
    const files = record.runs.map((run) => {
      const alone = { ...record, runs: [run] };
      const file = fileName(alone, ENDINGS.perfetto);
      const data = perfettoFile(alone);
      if (data !== null) save(file, data);
      return file;
    });
    this.session.say('status.exported', { file: formatList(this.text.language, files) });
  }

  /** The file, or the sentence why there is none. */
  async #data(format: Format): Promise<Blob | string> {
    const { record } = this.session;
    if (record === null || (record.runs.length === 0 && format !== 'json')) {
      return this.t('export.noTimeline');
    }
    if (format === 'json') return jsonFile(record);
    if (format === 'csv') return csvFile(record);
    if (format === 'perfetto') return perfettoFile(record) ?? this.t('export.noTimeline');
    if (format === 'svg') return new Blob([this.#svg()], { type: 'image/svg+xml' });
    return (await this.#png()) ?? this.t('export.noPicture');
  }

  #svg(): string {
    const { record, runs, isDark, text } = this.session;
    const layout = layoutTimeline(runs, { source: record?.source ?? 'kernel' });
    const theme = isDark ? 'dark' : 'light';
    return toSvg(layout, { width: PICTURE_WIDTH, theme, language: text.language });
  }

  async #png(): Promise<Blob | null> {
    const source = URL.createObjectURL(new Blob([this.#svg()], { type: 'image/svg+xml' }));
    try {
      const image = new Image();
      image.src = source;
      await image.decode();
      const canvas = document.createElement('canvas');
      canvas.width = image.naturalWidth * DENSITY;
      canvas.height = image.naturalHeight * DENSITY;
      canvas.getContext('2d')?.drawImage(image, 0, 0, canvas.width, canvas.height);
      return await new Promise((resolve) => canvas.toBlob(resolve, 'image/png'));
    } catch {
      return null;
    } finally {
      URL.revokeObjectURL(source);
    }
  }

  readonly #command = (): void => {
    const { session } = this;
    this.#close();
    if (session.record !== null) {
      void session.copy(commandsOf(session.record.request, session.link));
    }
  };

  readonly #choose = (): void => {
    this.querySelector<HTMLInputElement>('#import-file')?.click();
  };

  readonly #import = (event: Event): void => {
    const input = event.target as HTMLInputElement;
    const file = input.files?.[0];
    this.#close();
    input.value = '';
    if (file !== undefined) void this.#read(file);
  };

  async #read(file: File): Promise<void> {
    const { session } = this;
    try {
      if (file.size > IMPORT_MAX) throw new Error(this.t('import.tooLarge', { limit: IMPORT_MAX }));
      session.take(recordIn(await file.text()));
    } catch (error) {
      session.say('status.badFile', { reason: (error as Error).message }, true);
    }
  }
}

customElements.define('lab-export', LabExport);

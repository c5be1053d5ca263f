// Handover sheets and situation reports: lists of them, and one document at a time in a dialog that prints as PDF.

import { ask, send } from "./api.js";
import { element } from "./labels.js";

const REFUSED = {
  signed: "handover_refused_signed",
  replaced: "handover_refused_replaced",
  same_person: "handover_refused_same_person",
  unknown: "handover_refused_unknown",
};

export function createPapers({ boot, words, city, refresh: refreshBoard }) {
  const place = (id) => document.getElementById(id);
  const dialog = createDialog(place("document-place"), words);
  const mayOperate = boot.person.may.includes("operate");
  let reports = null;

  const open = (path) => dialog.show(path);
  const say = (text) => { place("handover-said").textContent = text; };
  const sign = async (path, done) => {
    const answer = await send(path, {});
    say(words.text(answer.ok ? done : (REFUSED[answer.body?.detail?.reason] ?? "shift_not_done")));
    refreshBoard();
  };
  const drawSheets = (board) => {
    const version = words.language + JSON.stringify(board.sheets);
    if (place("shift-sheets").dataset.shown === version) return;
    place("shift-sheets").dataset.shown = version;
    const [newest] = board.sheets;
    const waiting = newest && newest.incoming_at === null ? newest : null;
    place("handover-waiting").replaceChildren(...(waiting ? waitingSheet(waiting) : []));
    place("shift-sheets").replaceChildren(...(board.sheets.length > 0 ? [sheetList(board.sheets)] : []));
  };
  const waitingSheet = (sheet) => {
    const box = element("div", "waiting");
    box.append(element("p", "", words.text("handover_is_waiting", { name: sheet.outgoing, time: words.moment(sheet.outgoing_at, city.now()) })));
    box.append(button(words.text("document_read"), () => open(`/api/v1/shift/handovers/${sheet.id}`)));
    if (mayOperate && (boot.demo || sheet.outgoing !== boot.person.name)) box.append(button(words.text("handover_sign_in"), () => sign(`/api/v1/shift/handovers/${sheet.id}/sign`, "handover_taken")));
    return [box];
  };
  const sheetList = (sheets) => {
    const list = element("ul", "rows");
    for (const sheet of sheets) {
      const names = sheet.incoming_at === null ? words.text("handover_line_open", { outgoing: sheet.outgoing })
        : words.text("handover_line", { outgoing: sheet.outgoing, incoming: sheet.incoming });
      list.append(line(`${words.moment(sheet.outgoing_at, city.now())} · ${names}`, `/api/v1/shift/handovers/${sheet.id}`));
    }
    return list;
  };
  const drawReports = () => {
    if (reports === null) return;
    const list = element("ul", "rows");
    const now = `/api/v1/reports/${encodeURIComponent(reports.now)}`;
    list.append(line(words.text("situation_now"), now));
    for (const report of reports.reports) {
      list.append(line(words.moment(report.at, city.now()), `/api/v1/reports/${encodeURIComponent(report.id)}`));
    }
    place("shift-reports").replaceChildren(list);
  };
  const line = (text, path) => {
    const item = element("li");
    const print = element("a", "", "PDF");
    print.href = `${path}/pdf?lang=${words.language}`;
    print.target = "_blank";
    print.setAttribute("aria-label", `PDF ${text}`);
    const actions = element("span", "actions");
    actions.append(button(words.text("document_read"), () => open(path), text), print);
    item.append(element("span", "", text), actions);
    return item;
  };

  place("handover-button").addEventListener("click", () => sign("/api/v1/shift/handovers", "handover_made"));
  return {
    drawSheets,
    async refresh() {
      const answer = await ask("/api/v1/reports");
      if (answer.ok) reports = answer.body;
      else place("shift-reports").textContent = words.text("shift_not_done");
      drawReports();
    },
  };
}

function button(text, onClick, of = "") {
  const made = element("button", "quiet-button", text);
  made.type = "button";
  if (of) made.setAttribute("aria-label", `${text}: ${of}`);
  made.addEventListener("click", onClick);
  return made;
}

function createDialog(target, words) {
  const dialog = element("dialog", "document");
  target.append(dialog);
  let path = null;

  const fill = async () => {
    const answer = await ask(`${path}?lang=${words.language}`);
    const bar = element("div", "document-bar");
    const print = element("a", "", words.text("document_pdf"));
    print.href = `${path}/pdf?lang=${words.language}`;
    print.target = "_blank";
    bar.append(print, button(words.text("document_close"), () => dialog.close()));
    const body = answer.ok ? documentBody(answer.body) : [element("p", "", words.text("shift_not_done"))];
    dialog.replaceChildren(bar, ...body);
    dialog.setAttribute("aria-label", answer.ok ? answer.body.title : words.text("shift_not_done"));
  };
  words.onChange(() => { if (dialog.open) fill(); });
  return {
    async show(wanted) {
      path = wanted;
      await fill();
      if (!dialog.open) dialog.showModal();
    },
  };
}

function documentBody({ title, lines, sections, signatures }) {
  return [
    element("h2", "", title),
    ...lines.map((text) => element("p", "muted", text)),
    ...sections.flatMap(sectionBody),
    ...signatures.map((text) => element("p", "signature", text)),
  ];
}

function sectionBody({ heading, columns, rows, lines }) {
  const parts = [element("h3", "", heading)];
  if (rows.length > 0) {
    const table = element("table");
    const head = element("tr");
    for (const column of columns) {
      const cell = element("th", "", column);
      cell.scope = "col";
      head.append(cell);
    }
    table.append(head, ...rows.map((cells) => {
      const row = element("tr");
      row.append(...cells.map((cell) => element("td", "", cell)));
      return row;
    }));
    const scroller = element("div", "table-scroller");
    scroller.append(table);
    parts.push(scroller);
  }
  return [...parts, ...lines.map((text) => element("p", "", text))];
}

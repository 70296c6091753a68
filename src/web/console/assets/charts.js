// Pictures of tables: <figure data-chart="bar|line" data-table="id" data-columns="1 2" [data-most="12" | data-lines="0 2 5"]> beside the table
// that it draws. The server's own picture in it stays for print, for no script and for forced colours. What a picture says
// is read from the table's cells, as they are written; a point leads where its cell leads.
(() => {
  'use strict';
  const figures = document.querySelectorAll('figure[data-chart]');
  if (!figures.length || !window.echarts || matchMedia('(forced-colors: active)').matches) return;
  const dark = matchMedia('(prefers-color-scheme: dark)');
  const still = matchMedia('(prefers-reduced-motion: reduce)');
  const KINDS = 6;
  // By series: how a line is dashed and marked, how a bar is hatched; so that no series is told by its colour alone.
  const DASHES = ['solid', [7, 4], [2, 3], [10, 3, 2, 3], [4, 2], [12, 5]];
  const MARKS = ['circle', 'rect', 'triangle', 'diamond', 'circle', 'rect'];
  const HATCHES = [null, { rotation: -Math.PI / 4, dashArrayX: [1, 0], dashArrayY: [2, 4] }, { symbol: 'circle', dashArrayX: [4, 4], dashArrayY: [4, 4] },
    { rotation: Math.PI / 4, dashArrayX: [1, 0], dashArrayY: [2, 4] }, { rotation: Math.PI / 2, dashArrayX: [1, 0], dashArrayY: [2, 3] }, { dashArrayX: [1, 0], dashArrayY: [2, 3] }];

  // What a cell says first: its link, else its own words; a note's number is neither.
  const linkOf = cell => cell.querySelector('a:not(sup a)');
  function words(cell) {
    const first = linkOf(cell) ?? cell.querySelector('abbr');
    if (first) return first.textContent.trim();
    const own = Array.from(cell.childNodes).find(node => node.nodeType === Node.TEXT_NODE && node.data.trim());
    return (own ? own.data : cell.textContent).trim();
  }
  function number(text) {
    const found = text.replace(/[,，]/g, '').match(/^[+-]?\d+(\.\d+)?/);
    return found ? Number(found[0]) : null;
  }
  // 2026-11-05 is 11-5 below an axis.
  const short = label => label.replace(/^\d{4}-0?(\d{1,2})-0?(\d{1,2})$/, '$1-$2');

  function read(figure) {
    const table = document.getElementById(figure.dataset.table);
    if (!table) return null;
    const columns = figure.dataset.columns.split(' ').map(Number);
    const all = Array.from(table.querySelectorAll('tbody tr:not(.total)'));
    const { lines, most } = figure.dataset;
    // A bar of which nothing is known is no bar, nor is one of no things; a line keeps its gaps.
    const isBar = text => number(text) !== null && (number(text) !== 0 || text.endsWith('%'));
    const known = figure.dataset.chart === 'bar' ? all.filter(row => columns.some(at => row.cells[at] && isBar(words(row.cells[at])))) : all;
    const wanted = lines ? lines.split(' ').map(at => all[at]) : known.slice(0, Number(most ?? known.length));
    const rows = wanted.filter(row => row && row.cells.length > Math.max(...columns));
    const heads = table.tHead.rows[0].cells;
    const points = rows.map(row => ({ name: words(row.cells[0]), label: short(words(row.cells[0])), cells: columns.map(at => row.cells[at]) }));
    const series = columns.map((at, n) => ({
      name: words(heads[at]),
      texts: points.map(point => words(point.cells[n])),
      links: points.map(point => linkOf(point.cells[n])?.href ?? null),
    }));
    for (const one of series) one.values = one.texts.map(number);
    // A column of which nothing is known is not drawn.
    const drawn = series.filter(one => one.values.some(value => value !== null));
    return points.length && drawn.length ? { points, series: drawn, percent: drawn[0].texts.some(text => text.endsWith('%')) } : null;
  }

  function colours() {
    const style = getComputedStyle(document.documentElement);
    const of = (...names) => names.map(name => style.getPropertyValue(name).trim()).find(Boolean);
    return {
      ink: of('--ink'), soft: of('--soft', '--quiet'), line: of('--line', '--rule'), sheet: of('--sheet', '--paper'),
      series: Array.from({ length: KINDS }, (_, n) => of(`--k${n}`)),
    };
  }

  function option(kind, data, wide) {
    const paint = colours();
    const { points, series, percent } = data;
    const font = getComputedStyle(document.body).fontFamily;
    const all = series.flatMap(one => one.values).filter(value => value !== null);
    const least = Math.min(...all);
    // Lines high above zero would lie on each other; the axis says so.
    const from = kind === 'line' && percent && least >= 20 ? Math.max(0, Math.floor((least - 5) / 10) * 10) : Math.min(0, least);
    const unit = percent ? '%' : '';
    const text = { color: paint.ink, fontFamily: font, fontSize: 13 };
    const names = {
      type: 'category', data: points.map(point => point.label), axisTick: { show: false }, axisLine: { lineStyle: { color: paint.ink } },
      axisLabel: kind === 'bar' ? { ...text, width: wide < 480 ? 104 : 150, overflow: 'truncate' } : { ...text, hideOverlap: true },
    };
    const values = {
      type: 'value', min: from, axisLabel: { ...text, color: paint.soft, hideOverlap: true, formatter: value => `${value}${unit}` },
      ...(wide < 480 ? { splitNumber: 3 } : {}),
      splitLine: { lineStyle: { color: paint.line } }, minInterval: percent ? 0 : all.every(Number.isInteger) ? 1 : 0,
      ...(percent && Math.max(...all) <= 100 ? { max: 100 } : {}),
      ...(from > 0 ? { name: '纵轴不从零起', nameTextStyle: { color: paint.soft, fontFamily: font, fontSize: 11, align: 'left' } } : {}),
    };
    const bars = one => ({
      type: 'bar', barMaxWidth: 22, barMinHeight: 1,
      label: { show: points.length * series.length <= 40, position: 'right', ...text, formatter: point => one.texts[point.dataIndex] },
    });
    const line = (one, n) => ({
      type: 'line', symbol: MARKS[n % KINDS], symbolSize: 7, showSymbol: points.length <= 40, connectNulls: false,
      lineStyle: { width: 2, type: DASHES[n % KINDS] },
    });
    return {
      animation: !still.matches, animationDuration: 200, backgroundColor: 'transparent', textStyle: text,
      grid: { left: 8, right: kind === 'bar' ? 64 : 20, top: from > 0 ? 28 : 12, bottom: 8, outerBoundsMode: 'same', outerBoundsContain: 'axisLabel' },
      xAxis: kind === 'bar' ? values : names,
      yAxis: kind === 'bar' ? { ...names, inverse: true } : values,
      series: series.map((one, n) => ({
        name: one.name, data: one.values, cursor: one.links.some(Boolean) ? 'pointer' : 'default',
        itemStyle: { color: paint.series[n % KINDS], ...(kind === 'bar' && n ? { decal: { color: paint.sheet, ...HATCHES[n % KINDS] } } : {}) },
        ...(kind === 'bar' ? bars(one) : line(one, n)),
      })),
    };
  }

  function legend(data, kind) {
    const list = document.createElement('ul');
    list.className = `legend of-${kind}`;
    data.series.forEach((one, n) => {
      const item = document.createElement('li');
      item.className = `k${n % KINDS}`;
      item.textContent = one.name;
      list.append(item);
    });
    list.setAttribute('aria-hidden', 'true');
    return list;
  }

  function draw(figure) {
    const kind = figure.dataset.chart;
    const data = read(figure);
    if (!data) return;
    const place = document.createElement('div');
    place.className = 'canvas';
    place.setAttribute('role', 'img');
    const said = ['title', 'desc'].map(part => figure.querySelector(`svg > ${part}`)?.textContent).filter(Boolean).join('：');
    place.setAttribute('aria-label', said || figure.getAttribute('aria-label') || data.series.map(one => one.name).join('、'));
    const high = kind === 'bar' ? data.points.length * Math.max(28, data.series.length * 18 + 8) + 44 : 280;
    place.style.height = `${high}px`;
    // For the eye that follows the mouse; the table says the same to everybody.
    const line = document.createElement('p');
    line.className = 'fine reading note';
    line.setAttribute('aria-hidden', 'true');
    const linked = data.series.some(one => one.links.some(Boolean));
    const hint = linked ? '指向图形看数，点击看工单' : '指向图形看数';
    line.textContent = hint;
    const old = figure.querySelector('svg');
    if (data.series.length > 1) figure.insertBefore(legend(data, kind), figure.firstChild);
    if (old) old.after(place, line); else figure.append(place, line);
    figure.classList.add('drawn');
    figure.removeAttribute('tabindex');
    const chart = window.echarts.init(place, null, { renderer: 'canvas' });
    chart.setOption(option(kind, data, place.clientWidth));

    // The point of the axis below the mouse, be its bar ever so short.
    const under = event => {
      const spot = [event.offsetX, event.offsetY];
      if (!chart.containPixel('grid', spot)) return null;
      const found = chart.convertFromPixel('grid', spot)[kind === 'bar' ? 1 : 0];
      return data.points[found] ? found : null;
    };
    const screen = chart.getZr();
    screen.on('mousemove', event => {
      const at = under(event);
      if (at === null) { line.textContent = hint; return; }
      line.textContent = `${data.points[at].name}：${data.series.map(one => `${data.series.length > 1 ? `${one.name} ` : ''}${one.texts[at]}`).join('，')}`;
      if (data.series.some(one => one.links[at])) screen.setCursorStyle('pointer');
    });
    screen.on('globalout', () => { line.textContent = hint; });
    const open = address => { if (address) location.assign(address); };
    chart.on('click', point => open(data.series[point.seriesIndex]?.links[point.dataIndex]));
    screen.on('click', event => {
      const at = event.target ? null : under(event);
      if (at !== null) open(data.series.map(one => one.links[at]).find(Boolean));
    });
    new ResizeObserver(() => chart.resize()).observe(place);
    dark.addEventListener('change', () => chart.setOption(option(kind, data, place.clientWidth)));
  }
  for (const figure of figures) draw(figure);
})();

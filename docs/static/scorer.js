// How results of the search are ranked: guides, then pages for maintainers and of options, then what is
// generated, and the properties of models last, which have the name of nearly every word.
const LATER = /^(command-line|contributing|report|add-a-\w+|drift|ci)$/;
const LAST = /^(client\/.*|requirements|deviations|kill-matrix|comparison|clients|changelog)$/;
var Scorer = {
  objNameMatch: 3,
  objPartialMatch: 1,
  objPrio: {0: 2, 1: 1, 2: 0},
  objPrioDefault: 0,
  title: 20,
  partialTitle: 10,
  term: 8,
  partialTerm: 3,
  score: ([page, , , , score, , kind]) =>
    kind === "object" ? score : score + (LAST.test(page) ? 100 : LATER.test(page) ? 200 : 300),
};

// SPDX-License-Identifier: Apache-2.0

package query

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// stage reads one stage, behind its pipe.
func (r *reader) stage() (Stage, error) {
	r.blank()
	from := r.at
	word := r.identifier()
	end := r.at
	if word == "" {
		return nil, r.unexpected("a command such as stats, sort or table")
	}
	read, ok := r.commands()[Fold(word)]
	if !ok {
		problem := problemf(CodeUnknownCommand, "unknown command %q", word).near(word, commands())
		if other := commandElsewhere(Fold(word)); other != "" {
			problem.Suggestion = other
		}
		return nil, problem.in(r.text, from, end)
	}
	s, err := read()
	if err != nil {
		return nil, err
	}
	if r.blank(); !r.done() && r.peek() != '|' {
		return nil, r.unexpected("a pipe or the end")
	}
	after, problem := s.after(r.schema)
	if problem != nil {
		return nil, problem.in(r.text, from, end)
	}
	r.schema = after
	return s, nil
}

func (r *reader) commands() map[string]func() (Stage, error) {
	return map[string]func() (Stage, error){
		"stats": r.stats, "timechart": r.timechart,
		"top":  func() (Stage, error) { return r.top(false) },
		"rare": func() (Stage, error) { return r.top(true) },
		"sort": r.sort,
		"head": func() (Stage, error) { return r.head(false) },
		"tail": func() (Stage, error) { return r.head(true) },
		"table": func() (Stage, error) {
			names, err := r.columns()
			return &TableStage{Columns: names}, err
		},
		"fields": r.fields, "dedup": r.dedup,
		"where": r.where, "eval": r.eval, "rename": r.rename,
	}
}

// commandElsewhere names the command that does what another one does in SPL.
func commandElsewhere(word string) string {
	switch word {
	case "search", "regex", "filter":
		return "where"
	case "chart":
		return "stats"
	case "limit":
		return "head"
	case "uniq":
		return "dedup"
	case "project", "keep":
		return "fields"
	case "extend":
		return "eval"
	case "summarize", "count":
		return "stats"
	case "order":
		return "sort"
	default:
		return ""
	}
}

// stageWord goes over a keyword, in any case, when it is the next word.
func (r *reader) stageWord(word string) bool {
	r.blank()
	rest := r.rest()
	if len(rest) < len(word) || !strings.EqualFold(rest[:len(word)], word) {
		return false
	}
	next, _ := utf8.DecodeRuneInString(rest[len(word):])
	if rest = rest[len(word):]; rest != "" && (isWord(next) || strings.ContainsRune(".@$:", next)) {
		return false
	}
	r.at += len(word)
	return true
}

// name reads the name of a column, which may be quoted.
func (r *reader) name() (Field, error) {
	r.blank()
	from := r.at
	quote := r.peek()
	if quote == '\'' || quote == '"' {
		inner, err := r.quoted(byte(quote))
		if err != nil {
			return "", err
		}
		name := Field(unescape(inner, `'"`))
		if name == "" {
			return "", r.failf(from, CodeMissing, "a column without a name")
		}
		return name, r.checkName(name, from, true)
	}
	word := r.word(`,()|"'=+*`)
	if word == "" || word[0] == '-' {
		r.at = from
		return "", r.unexpected("the name of a column")
	}
	if isNameEnd(word) {
		r.at = from
		return "", r.unexpected("the name of a column")
	}
	if _, known := aggNamed(word); known && r.peek() == '(' { // the column dc(user)
		end := strings.IndexByte(r.rest(), ')')
		if end < 0 {
			return "", r.unexpected("the name of a column")
		}
		r.at += end + 1
		return Field(r.text[from:r.at]), r.checkName(Field(r.text[from:r.at]), from, true)
	}
	return Field(word), r.checkName(Field(word), from, false)
}

// isNameEnd tells whether a word is one that ends a list of names.
func isNameEnd(word string) bool { return Fold(word) == "by" || Fold(word) == "as" }

// column reads a name and looks for it among the columns.
func (r *reader) column() (Field, error) {
	r.blank()
	from := r.at
	name, err := r.name()
	if err != nil {
		return "", err
	}
	if _, ok := r.schema.find(name); !ok {
		return "", r.place(r.schema.missing(name), from)
	}
	return name, nil
}

// columns reads one or more names, with or without commas between them.
func (r *reader) columns() ([]Field, error) {
	var out []Field
	for {
		name, err := r.column()
		if err != nil {
			return nil, err
		}
		if out = append(out, name); len(out) > MaxHuntFields {
			return nil, r.failf(r.at, CodeLimit, "more than %d columns", MaxHuntFields)
		}
		if !r.more() {
			return out, nil
		}
	}
}

// more goes over a comma, and tells whether another item of a list follows.
func (r *reader) more() bool {
	if r.blank(); r.take(",") {
		return true
	}
	if r.done() || r.peek() == '|' || r.peek() == ')' {
		return false
	}
	at := r.at
	ends := r.stageWord("by") || r.stageWord("as")
	r.at = at
	return !ends
}

// count reads a whole number when one is next.
func (r *reader) count(most int) (n int, ok bool, err error) {
	r.blank()
	from := r.at
	if c := r.peek(); c < '0' || c > '9' {
		return 0, false, nil
	}
	word := r.word(`,()|"'=`)
	n, bad := strconv.Atoi(word)
	if bad != nil || n > most {
		return 0, false, r.failf(from, CodeBadValue, "%.40q is no whole number up to %d", word, most)
	}
	return n, true, nil
}

// option reads name= when a name with an equals sign is next; "" when none is. It must
// be one of those known.
func (r *reader) option(known ...string) (string, error) {
	r.blank()
	from := r.at
	word := r.identifier()
	end := r.at
	if r.blank(); word == "" || !r.take("=") {
		r.at = from
		return "", nil
	}
	for _, k := range known {
		if Fold(word) == k {
			r.blank()
			return k, nil
		}
	}
	problem := problemf(CodeUnknownOption, "unknown option %q", word).near(word, known)
	return "", problem.in(r.text, from, end)
}

// value reads the value of an option.
func (r *reader) value() string {
	return r.word(`,()|"'`)
}

// limit reads options limit= and numbers before the columns of a stage.
func (r *reader) limit(standard int) (int, error) {
	n := standard
	for {
		option, err := r.option("limit")
		if err != nil {
			return 0, err
		}
		given, ok, err := r.count(MaxStageRows)
		switch {
		case err != nil:
			return 0, err
		case ok:
			n = given
		case option != "":
			return 0, r.unexpected("a whole number")
		default:
			return n, nil
		}
	}
}

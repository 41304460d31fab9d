// SPDX-License-Identifier: Apache-2.0

package query

import "strings"

// String joins the conditions by a blank; alternatives stand in parentheses, though
// they bind closer, for whoever knows other languages.
func (x *And) String() string { return join(x.Of, " ") }

// String joins the alternatives by OR.
func (x *Or) String() string { return join(x.Of, " OR ") }

// String writes NOT before the condition.
func (x *Not) String() string { return "NOT " + enclosed(x.Of) }

// String is a star.
func (*All) String() string { return "*" }

// String writes a word as it is, a phrase in quotes.
func (x *Word) String() string {
	text := x.Text
	if !bareWord(text) && !x.OpenLeft && !x.OpenRight {
		return quoteText(text)
	}
	text = strings.ReplaceAll(text, `\`, `\\`)
	if x.OpenLeft {
		text = "*" + text
	}
	if x.OpenRight {
		text += "*"
	}
	return text
}

// String writes field, operator and value.
func (x *Compare) String() string { return x.Field.String() + string(x.Op) + x.Value.String() }

// String writes the values in parentheses.
func (x *In) String() string {
	values := make([]string, len(x.Values))
	for i, v := range x.Values {
		values[i] = v.String()
	}
	return x.Field.String() + " IN (" + strings.Join(values, ", ") + ")"
}

// String writes the expression between slashes.
func (x *Matches) String() string {
	pattern := "/" + strings.ReplaceAll(x.Pattern, "/", `\/`) + "/"
	if x.Field == "" {
		return pattern
	}
	return x.Field.String() + "=" + pattern
}

// String writes exists: before the field.
func (x *Exists) String() string { return "exists:" + x.Field.String() }

// String writes the comparison with the index.
func (x *Index) String() string {
	if x.Not {
		return "index!=" + x.Name.String()
	}
	return "index=" + x.Name.String()
}

// String returns the name, in single quotes when it has odd characters.
func (f Field) String() string { return quoteName(string(f)) }

func join(of []Expr, by string) string {
	parts := make([]string, len(of))
	for i, x := range of {
		parts[i] = enclosed(x)
	}
	return strings.Join(parts, by)
}

// enclosed writes a condition so that what stands beside it does not reach into it.
func enclosed(x Expr) string {
	switch x.(type) {
	case *And, *Or:
		return "(" + x.String() + ")"
	default:
		return x.String()
	}
}

func quoteText(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
}

func quoteName(s string) string {
	if plainName(s) {
		return s
	}
	return `'` + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(s) + `'`
}

// plainName tells whether a name needs no quotes wherever a name can stand.
func plainName(s string) bool {
	for i, r := range s {
		letter := r == '_' || isWord(r) && (r < '0' || r > '9')
		if !letter && (i == 0 && r != '@' || i > 0 && r != '.' && r != '@' && r != '$' && (r < '0' || r > '9')) {
			return false
		}
	}
	return s != "" && s[len(s)-1] != '.' && !isKeyword(s) && !reservedName(s)
}

// reservedName tells whether a bare name would be taken for something else.
func reservedName(s string) bool {
	switch Fold(s) {
	case "and", "or", "not", "in", "by", "as", "exists", "earliest", "latest", "index", "true", "false", "null", "now":
		return true
	default:
		return false
	}
}

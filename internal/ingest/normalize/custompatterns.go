// SPDX-License-Identifier: Apache-2.0

package normalize

// patternOf is the RE2 expression of a pattern by its name, "" for none: those of grok
// that are used most, written for RE2, which takes linear time.
func patternOf(name string) string {
	switch name {
	case "WORD":
		return `\w+`
	case "NOTSPACE":
		return `\S+`
	case "SPACE":
		return `\s*`
	case "DATA":
		return `.*?`
	case "GREEDYDATA":
		return `.*`
	case "INT":
		return `[+-]?\d+`
	case "POSINT":
		return `[1-9]\d*`
	case "NONNEGINT":
		return `\d+`
	case "NUMBER", "BASE10NUM":
		return `[+-]?(?:\d+(?:\.\d+)?|\.\d+)`
	case "BASE16NUM":
		return `(?:0[xX])?[0-9A-Fa-f]+`
	case "QUOTEDSTRING", "QS":
		return `"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'`
	case "UUID":
		return `[0-9A-Fa-f]{8}-(?:[0-9A-Fa-f]{4}-){3}[0-9A-Fa-f]{12}`
	case "IPV4":
		return `(?:\d{1,3}\.){3}\d{1,3}`
	case "IPV6":
		return `[0-9A-Fa-f:]*:[0-9A-Fa-f:.]+(?:%\w+)?`
	case "IP":
		return `%{IPV4}|%{IPV6}`
	case "HOSTNAME", "HOST":
		return `[0-9A-Za-z_][0-9A-Za-z_.-]*`
	case "IPORHOST":
		return `%{IP}|%{HOSTNAME}`
	case "HOSTPORT":
		return `%{IPORHOST}:\d+`
	case "MAC":
		return `(?:[0-9A-Fa-f]{2}[:-]){5}[0-9A-Fa-f]{2}`
	case "USER", "USERNAME":
		return `[a-zA-Z0-9._@+-]+`
	case "EMAILADDRESS":
		return `[a-zA-Z0-9._%+-]+@[a-zA-Z0-9.-]+`
	case "UNIXPATH", "PATH":
		return `/[^\s]*`
	case "URIPATH":
		return `/[^\s?#]*`
	case "URI":
		return `[A-Za-z][A-Za-z0-9+.-]*://\S+`
	case "LOGLEVEL":
		return `(?i:trace|debug|notice|info(?:rmation)?|warn(?:ing)?|err(?:or)?|crit(?:ical)?|fatal|severe|emerg(?:ency)?|alert)`
	case "PROG":
		return `[\w./-]+`
	default:
		return timePatternOf(name)
	}
}

// timePatternOf goes on with the patterns of dates and times.
func timePatternOf(name string) string {
	switch name {
	case "YEAR":
		return `\d{4}|\d{2}`
	case "MONTH":
		return `(?i:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*`
	case "MONTHNUM":
		return `0?[1-9]|1[0-2]`
	case "MONTHDAY":
		return `0?[1-9]|[12]\d|3[01]`
	case "DAY":
		return `(?i:mon|tue|wed|thu|fri|sat|sun)[a-z]*`
	case "HOUR":
		return `[01]?\d|2[0-3]`
	case "MINUTE":
		return `[0-5]\d`
	case "SECOND":
		return `(?:[0-5]?\d|60)(?:[.,]\d+)?`
	case "TIME":
		return `%{HOUR}:%{MINUTE}(?::%{SECOND})?`
	case "TZ":
		return `[A-Z]{3,4}`
	case "ISO8601_TIMEZONE":
		return `Z|[+-]\d{2}:?\d{2}`
	case "TIMESTAMP_ISO8601":
		return `\d{4}-\d{2}-\d{2}[T ]\d{2}:?\d{2}(?::?\d{2}(?:[.,]\d+)?)?(?:%{ISO8601_TIMEZONE})?`
	case "SYSLOGTIMESTAMP":
		return `%{MONTH} +%{MONTHDAY} %{TIME}`
	case "HTTPDATE":
		return `%{MONTHDAY}/%{MONTH}/%{YEAR}:%{TIME} [+-]\d{4}`
	case "DATE_EU":
		return `%{MONTHDAY}[./-]%{MONTHNUM}[./-]%{YEAR}`
	case "DATE_US":
		return `%{MONTHNUM}[/-]%{MONTHDAY}[/-]%{YEAR}`
	default:
		return ""
	}
}

// SPDX-License-Identifier: Apache-2.0

package normalize

import (
	"errors"
	"fmt"
	"strings"
)

// layoutOf turns a layout of strptime(3) into one of package time.
func layoutOf(strptime string) (string, error) {
	if strptime == "" {
		return "", nil
	}
	if len(strptime) > 128 {
		return "", errors.New("longer than 128 bytes")
	}
	var b strings.Builder
	clock := false
	for i := 0; i < len(strptime); i++ {
		c := strptime[i]
		switch {
		case c != '%' && (c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'z' && c != 'T' && c != 'Z'):
			return "", fmt.Errorf("%q at %d: letters and digits stand for themselves nowhere but T and Z", c, i+1)
		case c != '%':
			b.WriteByte(c)
			continue
		case i+1 == len(strptime):
			return "", errors.New("ends in %")
		}
		i++
		piece := directive(strptime[i])
		if piece == "" {
			return "", fmt.Errorf("%%%c: not known; known are %%Y %%y %%m %%d %%e %%b %%B %%a %%A %%H %%I %%M %%S %%f %%p %%z %%Z %%j %%F %%T", strptime[i])
		}
		if strings.ContainsAny(piece, "5") { // hours, minutes, seconds
			clock = true
		}
		b.WriteString(piece)
	}
	if !clock {
		return "", errors.New("has no time of day")
	}
	return b.String(), nil
}

// directive is package time's word for a letter of strptime, "" for none.
func directive(c byte) string {
	switch c {
	case 'Y':
		return "2006"
	case 'y':
		return "06"
	case 'm':
		return "01"
	case 'd':
		return "02"
	case 'e':
		return "_2"
	case 'b', 'h':
		return "Jan"
	case 'B':
		return "January"
	case 'a':
		return "Mon"
	case 'A':
		return "Monday"
	case 'H':
		return "15"
	case 'I':
		return "03"
	case 'M':
		return "04"
	case 'S':
		return "05" // package time takes a fraction behind it, whatever the layout says
	case 'f':
		return "999999999"
	case 'p':
		return "PM"
	case 'z':
		return "-0700"
	case 'Z':
		return "MST"
	case 'j':
		return "002"
	case 'F':
		return "2006-01-02"
	case 'T':
		return "15:04:05"
	case '%':
		return "%"
	default:
		return ""
	}
}

// SPDX-License-Identifier: Apache-2.0

package normalize

import "github.com/tocsin-siem/tocsin/internal/core/event"

func normalizeResk(raw []byte, h *Hint, out []*event.Event) ([]*event.Event, error) {
	return normalizeJSON(raw, h, out)
}

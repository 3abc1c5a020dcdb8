package staff

import (
	"context"
	"fmt"

	"github.com/clerk/clerk-sdk-go/v2/user"
)

// Ban bans the user with an e-mail address, and returns the user's id.
func Ban(ctx context.Context, users *user.Client, address string) (string, error) {
	found, err := users.List(ctx, &user.ListParams{EmailAddresses: []string{address}})
	if err != nil {
		return "", fmt.Errorf("finding %s: %w", address, err)
	}
	if len(found.Users) != 1 {
		return "", fmt.Errorf("%d users have the address %s", len(found.Users), address)
	}
	banned, err := users.Ban(ctx, found.Users[0].ID)
	if err != nil {
		return "", fmt.Errorf("banning %s: %w", address, err)
	}
	return banned.ID, nil
}

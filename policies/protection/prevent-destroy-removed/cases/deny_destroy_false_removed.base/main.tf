resource "azurerm_mssql_database" "dwh" {
  name = "x"

  lifecycle {
    destroy = false
  }
}

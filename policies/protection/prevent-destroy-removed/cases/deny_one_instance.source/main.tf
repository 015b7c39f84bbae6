resource "azurerm_mssql_database" "dwh" {
  name = "x"
  for_each = toset(["b"])
}
